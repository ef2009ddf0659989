# The system packages: what must exist | Debian's name | Fedora's name. Read by bin/setup.

run_packages='
command gcc|gcc|gcc
file /usr/include/ldap.h|libldap2-dev|openldap-devel
file /usr/include/sasl/sasl.h|libsasl2-dev|cyrus-sasl-devel
file /usr/include/libpq-fe.h /usr/include/postgresql/libpq-fe.h|libpq-dev|libpq-devel
file /usr/lib/*/libmagic.so.1 /usr/lib64/libmagic.so.1|libmagic1|file-libs
command msgfmt|gettext|gettext
command slapd|slapd|openldap-servers
command ldapsearch|ldap-utils|openldap-clients
command dovecot|dovecot-core|dovecot
file /usr/lib/dovecot/imap /usr/libexec/dovecot/imap|dovecot-imapd|dovecot
file /usr/lib/dovecot/lmtp /usr/libexec/dovecot/lmtp|dovecot-lmtpd|dovecot
file /usr/lib*/dovecot/modules/auth/libauthdb_ldap.so /usr/lib64/dovecot/auth/libauthdb_ldap.so|dovecot-ldap|dovecot
file /usr/lib/dovecot/modules/lib90_sieve_plugin.so /usr/lib64/dovecot/lib90_sieve_plugin.so|dovecot-sieve|dovecot-pigeonhole
file /usr/lib/dovecot/modules/lib21_fts_xapian_plugin.so /usr/lib64/dovecot/lib21_fts_xapian_plugin.so|dovecot-fts-xapian|dovecot-fts-xapian
file /usr/lib/dovecot/managesieve /usr/libexec/dovecot/managesieve|dovecot-managesieved|dovecot-pigeonhole
'

test_packages='
file /usr/lib/postgresql/*/bin/initdb /usr/bin/initdb|postgresql|postgresql-server
command redis-server|redis-server|redis
file /usr/bin/chromium-headless-shell /usr/bin/chromium /usr/bin/chromium-browser|chromium-headless-shell|chromium
command npm|npm|nodejs-npm
command nginx|nginx-light|nginx
command apache2|apache2|httpd
file /usr/lib/apache2/modules/mod_auth_openidc.so /usr/lib64/httpd/modules/mod_auth_openidc.so|libapache2-mod-auth-openidc|mod_auth_openidc
'

# Prints "debian|fedora" for each package of `run`, with `test` also of that, that is not there; `check` needs none besides.
missing_packages() {
    PATH=$PATH:/usr/sbin:/sbin
    wanted=$run_packages
    [ "$1" != test ] || wanted=$wanted$test_packages
    printf '%s' "$wanted" | while IFS='|' read -r probe debian fedora; do
        [ -n "$probe" ] || continue
        case $probe in
        command*) command -v "${probe#command }" >/dev/null ;;
        file*) ls -d ${probe#file } 2>/dev/null | grep -q . ;;
        esac || printf '%s|%s\n' "$debian" "$fedora"
    done
}
