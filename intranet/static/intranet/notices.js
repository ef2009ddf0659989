// Live notices. The socket only says that there is something new; the page then fetches it, so rights are asked anew.

const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 120_000;

const { socketsPort, noticesNew } = document.body.dataset;
const address = new URL("/ws/notices/", location.href);
address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
if (socketsPort) address.port = socketsPort;
let pause = FIRST_PAUSE;

function tell(notice) {
  document.body.dispatchEvent(new CustomEvent("notice", { detail: notice, bubbles: true }));
  if (noticesNew && window.htmx) {
    window.htmx.ajax("GET", `${noticesNew}?id=${encodeURIComponent(notice.id)}`, { target: "#toasts", swap: "beforeend" });
  }
}

function listen() {
  const socket = new WebSocket(address);
  socket.addEventListener("open", () => { pause = FIRST_PAUSE; });
  socket.addEventListener("message", (event) => tell(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    if (event.code === 4401) return; // signed out
    setTimeout(listen, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
}

listen();
