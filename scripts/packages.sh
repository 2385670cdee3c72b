# Sourced by the scripts of this folder: installs Debian packages that are missing, without letting
# their daemons start.

# What the build links against, and what the tests and the demonstration run.
build_packages="libldap2-dev libsasl2-dev libssl-dev libsqlite3-dev zlib1g-dev libunbound-dev libidn2-dev dns-root-data libcurl4-openssl-dev libsasl2-modules pkg-config"
demo_packages="slapd ldap-utils openssl curl"
test_packages="$demo_packages sasl2-bin swaks libnet-ssleay-perl mpop fetchmail gsasl isync nsd ldnsutils mandoc groff tar python3 python3-dkim python3-nacl python3-prometheus-client"

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# install_packages NAME...: those of them that are not installed yet.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "run as root: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    say "Installing ${missing[*]}"
    # invoke-rc.d asks this script before it starts a freshly installed daemon; 101 is "no".
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
        "${root[@]}" chmod 755 "$policy"
        made=1
    fi
    local status=0
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get -q -o DPkg::Lock::Timeout=300 update &&
        apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"' sh "${missing[@]}" >&2 || status=$?
    [ -z "$made" ] || "${root[@]}" rm -f "$policy"
    [ $status -eq 0 ] || die "could not install ${missing[*]}"
}

# Swift is not a Debian package.
require_swift() {
    local advice="Swift 6.2 or newer is needed: see https://www.swift.org/install/linux" version
    command -v swift >/dev/null || die "$advice"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ "$(printf '%s\n' 6.2 "$version" | sort -V | head -n 1)" = 6.2 ] || die "$advice (this is ${version:-unknown})"
}
