# Sourced by scripts/demo: the server on its loopback ports, the proof, and what a client needs.

start_server() {
    local tls=$state/tls listener
    mkdir -p "$state/mail"
    cat >"$state/martlet.yaml" <<CONF
# Made by scripts/demo at every start; packaging/martlet.yaml explains the keys.
hostname: mail.example.org
state: mail
listeners:
  mx: {address: 127.0.0.1, port: $(port 25)}
  submission: {address: 127.0.0.1, port: $(port 87)}
  submissions: {address: 127.0.0.1, port: $(port 65)}
  pop3: {address: 127.0.0.1, port: $(port 10)}
  pop3s: {address: 127.0.0.1, port: $(port 95)}
  imap: {address: 127.0.0.1, port: $(port 43)}
  imaps: {address: 127.0.0.1, port: $(port 93)}
tls:
  certificates:
    - {chain: tls/mail.example.org.pem, key: tls/mail.example.org.key}
    - {chain: tls/mail.example.net.pem, key: tls/mail.example.net.key}
  client_authorities: tls/ca.pem
directory:
  uri: $ldap_uri
  base: "$ldap_base"
  bind: {dn: "cn=martlet,$ldap_base", password: $reader_password}
  start_tls: none
  preset: martlet
CONF
    say "$martlet serve --config $state/martlet.yaml"
    rm -f "$state/server.json"
    "$martlet" serve --config "$state/martlet.yaml" --ready "$state/server.json" >>"$state/martlet.log" 2>&1 &
    server_pid=$!
    local try
    for try in $(seq 300); do
        [ ! -s "$state/server.json" ] || { say "all listeners answer"; return; }
        kill -0 $server_pid 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$state/martlet.log" >&2
    die "the server did not start, see $state/martlet.log"
}

# Sends a message to the first login and fetches it again over POP3 and IMAP, with curl, showing the
# conversation.
prove() {
    local login password address rest subject try list last
    read -r login password address rest <"$state/directory/logins" || die "no login with a known password"
    step "Proof: $login sends itself a message (STARTTLS, SASL) and fetches it by POP3S and IMAPS"
    subject="Martlet works, $(date +%s)-$$"
    local curl=(curl --silent --show-error --max-time 30 --cacert "$state/tls/ca.pem" --user "$login:$password"
        --connect-to "mail.example.org::127.0.0.1:")
    printf 'From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\nHello from scripts/demo.\r\n' \
        "$address" "$address" "$subject" |
        "${curl[@]}" --verbose --ssl-reqd --mail-from "$address" --mail-rcpt "$address" --upload-file - \
            "smtp://mail.example.org:$(port 87)/demo.example.org" 2>&1 | grep -aE '^[<>] |^\* (SSL connection|  subject:)' >&2 ||
        die "the message was not accepted"
    [ "${PIPESTATUS[1]}" -eq 0 ] || die "the message was not accepted"
    for try in $(seq 50); do
        list=$("${curl[@]}" "pop3s://mail.example.org:$(port 95)/" | tr -d '\r') || die "POP3S login failed"
        last=$(tail -n 1 <<<"$list" | cut -d ' ' -f 1)
        if [ -n "$last" ] && "${curl[@]}" "pop3s://mail.example.org:$(port 95)/$last" >"$state/proof.eml" &&
            grep -qF "Subject: $subject" "$state/proof.eml"; then
            say "fetched as message $last:"
            sed 's/^/    /' "$state/proof.eml" >&2
            prove_imap "$subject"
            return
        fi
        sleep 0.1
    done
    die "the message did not arrive, see $state/martlet.log"
}

# Finds the message by its subject over IMAPS and fetches it: the same octets as over POP3.
prove_imap() {
    local number
    number=$("${curl[@]}" "imaps://mail.example.org:$(port 93)/INBOX" --request "UID SEARCH SUBJECT \"$1\"" |
        tr -d '\r' | sed -n 's/^\* SEARCH \([0-9][0-9]*\)$/\1/p')
    [ -n "$number" ] || die "IMAPS: the message was not found"
    "${curl[@]}" "imaps://mail.example.org:$(port 93)/INBOX;UID=$number" >"$state/proof.imap.eml" ||
        die "IMAPS: the message was not fetched"
    cmp -s "$state/proof.eml" "$state/proof.imap.eml" || die "IMAPS and POP3S do not give the same message"
    say "IMAPS finds it as UID $number and gives the same octets"
}

listeners_json() {
    local name=(mx submission submissions pop3 pop3s imap imaps) offset=(25 87 65 10 95 43 93) i separator=
    for i in "${!name[@]}"; do
        printf '%s"%s": {"host": "127.0.0.1", "port": %d}' "$separator" "${name[i]}" "$(port "${offset[i]}")"
        separator=', '
    done
}

users_json() {
    local login password address scram separator=
    while read -r login password address scram; do
        printf '%s{"login": "%s", "password": "%s", "address": "%s", "scram": %s}' \
            "$separator" "$login" "$password" "$address" "$scram"
        separator=', '
    done <"$state/directory/logins"
}

write_ready() {
    local new=$ready.$$
    cat >"$new" <<JSON || die "--ready $ready: cannot be written"
{"pid": $server_pid, "binary": "$martlet", "config": "$state/martlet.yaml", "state": "$state/mail",
 "ca": "$state/tls/ca.pem",
 "ldap": {"uri": "$ldap_uri", "base": "$ldap_base", "admin_dn": "$ldap_admin", "admin_password": "$ldap_password", "pid": $slapd_pid},
 "listeners": {$(listeners_json)},
 "users": [$(users_json)]}
JSON
    mv "$new" "$ready"
}

print_settings() {
    step "Settings for a mail client"
    cat >&2 <<TEXT
Incoming   IMAP    127.0.0.1  port $(port 93)  SSL/TLS     (or $(port 43) with STARTTLS)
           POP3    127.0.0.1  port $(port 95)  SSL/TLS     (or $(port 10) with STARTTLS)
Outgoing   SMTP    127.0.0.1  port $(port 65)  SSL/TLS     (or $(port 87) with STARTTLS)
User name  the whole address; authentication: normal password or SCRAM
Trust      $state/tls/ca.pem
Mail from other hosts: 127.0.0.1 port $(port 25)
Directory  $ldap_uri, administrator $ldap_admin, password $ldap_password
Commands   $martlet explain --config $state/martlet.yaml ADDRESS

TEXT
    awk '{ printf "  %-24s %s%s\n", $1, $2, ($4 == "true" ? "   (SCRAM)" : "") }' "$state/directory/logins" >&2
}
