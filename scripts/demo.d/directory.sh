# Sourced by scripts/demo: a private slapd with schema/ and ldif/ loaded.

ldap_password=admin-secret
reader_password=reader-secret

# make_directory DIR PORT [FILE...]: starts slapd with the files (by default the sample users);
# sets slapd_pid, ldap_uri, ldap_base, ldap_admin.
make_directory() {
    local dir=$1 port=$2
    shift 2
    local files=("$@")
    [ ${#files[@]} -gt 0 ] || files=(ldif/[1-9]*.ldif)
    ldap_uri=ldap://127.0.0.1:$port
    ldap_base=$(ldif_base "${files[@]}")
    [ -n "$ldap_base" ] || die "no entry (dn: line) in ${files[*]}"
    ldap_admin="cn=admin,$ldap_base"
    mkdir -p "$dir"
    local made_from
    made_from=$(cat schema/martlet.schema ldif/00-base.ldif "${files[@]}" | sha256sum)
    if [ -e "$dir/made-from" ] && [ "$(cat "$dir/made-from")" != "$made_from" ]; then
        die "$dir was made from other LDIF: choose another --state, or remove that directory"
    fi
    slapd_configuration "$dir" >"$dir/slapd.conf"
    if [ ! -e "$dir/made-from" ]; then
        rm -rf "$dir/data"
        mkdir -p "$dir/data"
        base_entries "${files[@]}" >"$dir/base.ldif"
        # All at once: entries that one file lacks may be in another.
        local file
        for file in "$dir/base.ldif" "${files[@]}"; do
            say "loading $file"
            printf '# %s\n' "$file"
            sed '/^version:/d' "$file"
            echo
        done >"$dir/all.ldif"
        slapadd -q -f "$dir/slapd.conf" -l "$dir/all.ldif" >"$dir/slapadd.log" 2>&1 || {
            cat "$dir/slapadd.log" >&2
            die "slapadd refused $dir/all.ldif, made of ${files[*]}"
        }
        printf '%s\n' "$made_from" >"$dir/made-from"
    fi
    find_logins "$dir/base.ldif" "${files[@]}" >"$dir/logins"
    slapd -f "$dir/slapd.conf" -h "$ldap_uri" -d 0 >"$dir/slapd.log" 2>&1 &
    slapd_pid=$!
    local try
    for try in $(seq 100); do
        ldapsearch -x -H "$ldap_uri" -b '' -s base >/dev/null 2>&1 && { say "$ldap_uri, base $ldap_base"; return; }
        kill -0 $slapd_pid 2>/dev/null || die "slapd did not start, see $dir/slapd.log"
        sleep 0.1
    done
    die "slapd does not answer on $ldap_uri"
}

slapd_configuration() {
    local dir=$1 schema
    for schema in core cosine inetorgperson misc; do echo "include /etc/ldap/schema/$schema.schema"; done
    cat <<CONF
include $PWD/schema/martlet.schema
pidfile $dir/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit unlimited

database mdb
suffix "$ldap_base"
rootdn "$ldap_admin"
rootpw $ldap_password
directory $dir/data
maxsize 1073741824
index objectClass,entryUUID eq
index uid,mail,mailLocalAddress,martletAddress,associatedDomain,member,uniqueMember,cn eq
access to attrs=userPassword
	by self write
	by anonymous auth
	by * none
access to attrs=authPassword
	by dn.exact="cn=martlet,$ldap_base" read
	by * none
access to *
	by dn.exact="cn=martlet,$ldap_base" read
	by self read
	by anonymous auth
	by * none
limits dn.exact="cn=martlet,$ldap_base" size=unlimited time=10
CONF
}

# The common suffix of the files' entries: the dc= parts of the first name, else its last part.
ldif_base() {
    awk 'tolower($1) == "dn:" {
        sub(/^[^:]*: */, ""); n = split($0, part, /, */); base = part[n]
        for (i = n - 1; i >= 1 && tolower(part[i]) ~ /^dc=/; i--) base = part[i] "," base
        print base; exit }' "$@"
}

# ldif/00-base.ldif for this base, without the entries that the files bring themselves, and a user
# to prove the server with where no file tells a password.
base_entries() {
    local first=${ldap_base%%,*}
    local value=${first#*=}
    awk -v base="$ldap_base" -v value="$value" '
        BEGIN { RS = ""; FS = "\n" }
        FNR == 1 { file++ }
        function name(record) {
            if (!match(tolower(record), /(^|\n)dn: *[^\n]*/)) return ""
            record = substr(record, RSTART, RLENGTH); sub(/^\n?[^:]*: */, "", record)
            gsub(/, +/, ",", record); return tolower(record) }
        file < last { have[name($0)] = 1; next }
        { gsub(/dc=example,dc=org/, base); sub(/\ndc: example/, "\ndc: " value)
          if (name($0) != "" && !(name($0) in have)) print $0 "\n" }
    ' last=$(($# + 1)) "$@" ldif/00-base.ldif
    local domain
    domain=$(awk 'tolower($1) == "associateddomain:" { print $2; exit }' "$@")
    [ -n "$domain" ] || die "the LDIF declares no domain (associatedDomain)"
    [ -z "$(find_logins "$@")" ] || return 0
    cat <<LDIF
dn: uid=martlet-demo,$ldap_base
objectClass: inetOrgPerson
uid: martlet-demo
cn: Martlet demonstration
sn: Martlet
mail: martlet-demo@$domain
userPassword: demo-secret

LDIF
}

# One line for each user whose password the files tell, in a comment's table or in clear:
# login, password, address, whether SCRAM secrets are there.
find_logins() {
    awk '
        /^# +[^ ]+@[^ ]+ +[^ ]+ +\{/ && !/disabled|keeps no copy/ {
            print $2, $3, $2, (/SCRAM/ ? "true" : "false"); next }
        /^#/ { next }
        /^$/ { flush_entry() }
        tolower($1) == "mail:" && !mail { mail = $2 }
        tolower($1) == "userpassword:" && $2 !~ /^\{/ { password = $2 }
        tolower($1) == "authpassword:" { scram = 1 }
        function flush_entry() {
            if (mail && password) print mail, password, mail, (scram ? "true" : "false")
            mail = password = ""; scram = 0 }
        END { flush_entry() }' "$@"
}
