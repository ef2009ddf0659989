// A system built on openid-client. It is told what to do by lines of JSON and answers each with one.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const realNow = Date.now;
let config, tokens, device;

async function visit(url, cookie) {
  const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
  return answer.headers.get("location") ?? `${answer.status}`;
}

const acts = {
  async discover({ issuer, id, secret, key, algorithm }) {
    const metadata = { id_token_signed_response_alg: algorithm };
    let proof = secret ? client.ClientSecretPost(secret) : client.None();
    if (key) {
      const imported = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
      proof = client.PrivateKeyJwt({ key: imported, kid: key.kid });
    }
    const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
    config = await client.discovery(new URL(issuer), id, metadata, proof, { execute });
    return { issuer: config.serverMetadata().issuer };
  },
  async flow({ callback, scope, cookie, pushed }) {
    const verifier = client.randomPKCECodeVerifier();
    const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
    const question = {
      redirect_uri: callback, scope, state: checks.expectedState, nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
    };
    const url = pushed
      ? await client.buildAuthorizationUrlWithPAR(config, question)
      : client.buildAuthorizationUrl(config, question);
    tokens = await client.authorizationCodeGrant(config, new URL(await visit(url, cookie)), checks);
    return { url: url.href, claims: tokens.claims() };
  },
  async refresh() {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token);
    return { claims: tokens.claims() };
  },
  async credentials({ scope }) {
    return await client.clientCredentialsGrant(config, { scope });
  },
  async userinfo() {
    return await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  },
  async introspect() {
    return await client.tokenIntrospection(config, tokens.access_token);
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token);
    return {};
  },
  async logout({ goodbye, cookie }) {
    const question = { id_token_hint: tokens.id_token, post_logout_redirect_uri: goodbye, state: "s-1" };
    return { location: await visit(client.buildEndSessionUrl(config, question), cookie) };
  },
  async device({ scope }) {
    device = await client.initiateDeviceAuthorization(config, { scope });
    return device;
  },
  async poll() {
    tokens = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 });
    return { claims: tokens.claims() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { act, later = 0, ...details } = JSON.parse(line);
  Date.now = () => realNow() + later * 1000;
  let answer;
  try {
    answer = await acts[act](details);
  } catch (error) {
    answer = { failed: `${error.code ?? error.name}: ${error.error ?? error.message} ${error.cause?.message ?? ""}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
