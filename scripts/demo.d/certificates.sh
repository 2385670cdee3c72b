# Sourced by scripts/demo: a certificate authority, and a certificate for each mail host.

# make_certificates DIR: ca.pem, mail.example.org.{pem,key} and mail.example.net.{pem,key}.
make_certificates() {
    local dir=$1 name
    mkdir -p "$dir"
    if [ ! -s "$dir/ca.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
            -subj "/CN=Martlet demonstration CA" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>"$dir/log" ||
            die "openssl failed, see $dir/log"
    fi
    for name in mail.example.org mail.example.net; do
        # Made anew when it ends within a day.
        ! openssl x509 -checkend 86400 -noout -in "$dir/$name.pem" >/dev/null 2>&1 || continue
        local names="DNS:$name"
        [ $name = mail.example.org ] && names="$names,DNS:localhost,IP:127.0.0.1"
        {
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
                -keyout "$dir/$name.key" -out "$dir/$name.csr" &&
                openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial \
                    -days 365 -extfile <(echo "subjectAltName=$names") -out "$dir/$name.pem"
        } 2>"$dir/log" || die "openssl failed, see $dir/log"
    done
    say "$dir/ca.pem"
}
