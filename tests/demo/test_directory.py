import ldap
import pytest

from demo.directory import PEOPLE, UNITS, person_dn
from demo.people import NAMED, PASSWORD, second_admin
from demo.servers import Slapd

pytestmark = pytest.mark.servers


def bound(server, dn="", password=""):
    connection = ldap.initialize(server.url)
    connection.simple_bind_s(dn, password)
    return connection


@pytest.mark.parametrize("uid", NAMED)
def test_each_shown_sign_in_binds(slapd, uid):
    assert bound(slapd, person_dn(uid), PASSWORD).whoami_s() == f"dn:{person_dn(uid)}"


def test_a_wrong_password_is_refused(slapd):
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        bound(slapd, person_dn("nhanvien"), "Demo@2027")


def test_the_service_account_reads_everybody_with_lasting_keys(slapd):
    connection = bound(slapd, slapd.bind_dn, slapd.bind_password)

    found = connection.search_s(PEOPLE, ldap.SCOPE_ONELEVEL, attrlist=["*", "+"])

    assert len(found) == 1700
    assert len({entry["entryUUID"][0] for _, entry in found}) == 1700
    assert not any("userPassword" in entry for _, entry in found)


def test_strangers_read_nothing(slapd):
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        bound(slapd).search_s(slapd.suffix, ldap.SCOPE_SUBTREE)


def test_a_person_reads_the_own_entry_only(slapd):
    connection = bound(slapd, person_dn("nhanvien"), PASSWORD)

    own = connection.search_s(person_dn("nhanvien"), ldap.SCOPE_BASE)

    assert [dn for dn, _ in own] == [person_dn("nhanvien")]
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        connection.search_s(person_dn("lanhdao"), ldap.SCOPE_BASE)


def test_units_form_a_tree(slapd):
    connection = bound(slapd, slapd.bind_dn, slapd.bind_password)

    found = connection.search_s(UNITS, ldap.SCOPE_SUBTREE, "(intranetUnitCode=KHTC.KH)")

    assert [dn for dn, _ in found] == [f"ou=KHTC.KH,ou=KHTC,ou=BTTTT,{UNITS}"]


def test_groups_name_clerks_and_admins(slapd):
    connection = bound(slapd, slapd.bind_dn, slapd.bind_password)

    def members(text):
        found = connection.search_s(slapd.suffix, ldap.SCOPE_SUBTREE, text, ["member"])
        return {dn.decode() for _, entry in found for dn in entry["member"]}

    assert person_dn("vanthu") in members("(&(intranetRoleName=clerk)(intranetUnitCode=VP))")
    assert members("(&(intranetRoleName=unit-admin)(intranetUnitCode=KHTC))") == {person_dn("quantri.donvi")}
    assert members("(intranetRoleName=system-admin)") == {person_dn("quantri"), person_dn(second_admin())}


def test_a_person_changes_the_own_password_and_it_is_kept_hashed(folder):
    person = person_dn("an")
    entry = f"dn: {person}\nobjectClass: inetOrgPerson\nuid: an\ncn: Lê An\nsn: Lê\nuserPassword: Old@2026\n"
    with Slapd(folder / "small", ldif=entry) as small:
        bound(small, person, "Old@2026").passwd_s(person, "Old@2026", "New@2026")

        bound(small, person, "New@2026")
        admin = bound(small, small.admin_dn, small.admin_password)
        ((_, kept),) = admin.search_s(person, ldap.SCOPE_BASE, attrlist=["userPassword", "pwdChangedTime"])
        with pytest.raises(ldap.CONSTRAINT_VIOLATION):
            bound(small, person, "New@2026").passwd_s(person, "New@2026", "short")

    assert kept["userPassword"][0].startswith(b"{SSHA}")
    assert kept["pwdChangedTime"]


def test_an_entry_keeps_its_key_when_the_directory_is_made_anew(folder, slapd):
    def key(server):
        connection = bound(server, server.bind_dn, server.bind_password)
        ((_, entry),) = connection.search_s(person_dn("vanthu"), ldap.SCOPE_BASE, attrlist=["entryUUID"])
        return entry["entryUUID"]

    with Slapd(folder / "again") as again:
        assert key(again) == key(slapd)


def test_changes_survive_a_restart(folder):
    first = Slapd(folder / "kept", ldif="")
    with first:
        unit = [("objectClass", [b"organizationalUnit"]), ("ou", [b"new"])]
        bound(first, first.admin_dn, first.admin_password).add_s(f"ou=new,{first.suffix}", unit)
    with Slapd(folder / "kept", ldif="") as again:
        connection = bound(again, again.bind_dn, again.bind_password)

        assert connection.search_s(f"ou=new,{again.suffix}", ldap.SCOPE_BASE, attrlist=["ou"])


def test_tls_needs_the_authority_and_the_right_name(slapd):
    connection = ldap.initialize(slapd.tls_url)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(slapd.ca_file))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(slapd.bind_dn, slapd.bind_password)

    assert connection.whoami_s() == f"dn:{slapd.bind_dn}"
    with pytest.raises(ldap.SERVER_DOWN):
        ldap.initialize(slapd.tls_url).simple_bind_s(slapd.bind_dn, slapd.bind_password)
