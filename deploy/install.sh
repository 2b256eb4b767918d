#!/bin/sh
# Installs qttd from the offline bundle this file lies in, brings an installed one up, or takes it back. No network.
#
#   sh install.sh                          new: program, user, folders, systemd units, settings and store
#   sh install.sh --upgrade                backup, new program beside the old one, migration, restart
#   sh install.sh --rollback [--with-store]  the program before the last upgrade; with the store as it was then
#
#   --prefix DIR     the program (/opt/qttd)          --data DIR      settings, store, journal (/var/lib/qttd)
#   --python FILE    which Python (3.11, 3.12, 3.13)  --no-system     no user, no units: for a trial, without root
set -eu
umask 022

mode=install prefix=/opt/qttd data=/var/lib/qttd python='' system=yes with_store=no
say() { printf '%s\n' "install.sh: $*" >&2; }
fail() { code=$1; shift; say "$*"; exit "$code"; }

while [ $# -gt 0 ]; do
    case $1 in
        --upgrade) mode=upgrade ;;
        --rollback) mode=rollback ;;
        --with-store) with_store=yes ;;
        --no-system) system=no ;;
        --prefix | --data | --python)
            [ $# -ge 2 ] || fail 64 "$1 needs a value"
            case $1 in --prefix) prefix=$2 ;; --data) data=$2 ;; --python) python=$2 ;; esac
            shift ;;
        *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift
done
case $prefix$data in *' '*) fail 64 "no blanks in --prefix and --data" ;; esac
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(date +%Y%m%d%H%M%S)
if [ $system = yes ] && [ "$(id -u)" -ne 0 ]; then fail 77 "run it as root, or with --no-system and folders of your own"; fi

# a command of the installed program, as the service's user, with the service's settings
qttd() {
    if [ $system = yes ]; then
        (cd / && runuser -u qttd -- env QTTD_CONFIG="$data/qttd.toml" "$prefix/bin/qttd" "$@")
    else
        QTTD_CONFIG="$data/qttd.toml" "$prefix/bin/qttd" "$@"
    fi
}

# systemd, where it runs: in a container it may be installed and not be running
systemd() { [ $system = yes ] && [ -d /run/systemd/system ]; }
was_running=no
stop() { if systemd && systemctl is-active --quiet qttd; then was_running=yes; systemctl stop qttd; fi; }
start() { if [ $was_running = yes ]; then systemctl start qttd; fi; }

release_in_use() { basename "$(dirname "$(readlink "$prefix/bin")")"; }
switch_to() {
    ln -s "releases/$1/bin" "$prefix/bin.new"
    mv -T "$prefix/bin.new" "$prefix/bin"
}

check_bundle() {
    (cd "$here" && sha256sum --check --strict --quiet SHA256SUMS) || fail 65 "the bundle is damaged or was changed"
    version=$(cat "$here/VERSION")
}

choose_python() {
    for candidate in $python ${python:-python3.13 python3.12 python3.11 python3}; do
        minor=$("$candidate" -c 'import ensurepip, venv, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        if [ -f "$here/requirements-$minor.txt" ]; then python=$candidate; return; fi
    done
    fail 69 "needs Python 3.11, 3.12 or 3.13 with its venv module: apt-get install python3-venv (Ubuntu 22.04: python3.11-venv), dnf install python3.11"
}

# a whole environment of its own, under a name that is never used again
make_release() {
    choose_python
    release=$version-$stamp
    place=$prefix/releases/$release
    mkdir -p "$prefix/releases"
    trap 'rm -rf "$place"' EXIT
    say "$version for Python $minor goes to $place"
    "$python" -m venv "$place"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-index \
        --find-links "$here/wheels" --require-hashes --requirement "$here/requirements-$minor.txt"
    "$place/bin/qttd" --version >&2
    # as they are to stand in the system; the next upgrade sees by them what the administrator has changed
    mkdir "$place/system"
    for file in "$here"/deploy/qttd*; do
        sed -e "s#/opt/qttd#$prefix#g; s#/var/lib/qttd#$data#g" "$file" >"$place/system/$(basename "$file")"
    done
}

# what stands around the program, of release $1 in place of release $2 (or of none)
put_system_files() {
    [ $system = yes ] || return 0
    if ! id qttd >/dev/null 2>&1; then
        useradd --system --home-dir "$data" --no-create-home --shell /usr/sbin/nologin qttd
    fi
    install -d -o qttd -g qttd -m 0750 "$data"
    install -d -o qttd -g qttd -m 0700 /srv/backup
    for unit in qttd.service qttd-doors.service qttd-backup.service qttd-backup.timer \
        qttd-archive.service qttd-archive.timer; do
        put_file "$1" "${2:-}" "$unit" "/etc/systemd/system/$unit"
    done
    put_file "$1" "${2:-}" qttd.tmpfiles.conf /etc/tmpfiles.d/qttd.conf
    put_file "$1" "${2:-}" qttd.sysusers.conf /etc/sysusers.d/qttd.conf
    if [ ! -e /usr/local/sbin/qttd ]; then
        mkdir -p /usr/local/sbin
        printf '#!/bin/sh\nexec runuser -u qttd -- env QTTD_CONFIG=%s %s "$@"\n' "$data/qttd.toml" "$prefix/bin/qttd" \
            >/usr/local/sbin/qttd
        chmod 755 /usr/local/sbin/qttd
    fi
    # sudo of RHEL does not look into /usr/local/sbin
    if command -v sudo >/dev/null && [ ! -e /usr/sbin/qttd ] && ! sudo -n sh -c 'command -v qttd' >/dev/null 2>&1; then
        ln -s /usr/local/sbin/qttd /usr/sbin/qttd
    fi
    if systemd; then systemctl daemon-reload; fi
}

# file $3 of release $1 to the place $4; one that is neither it nor the release $2's own was changed, and is kept
put_file() {
    wanted=$prefix/releases/$1/system/$3 before=$prefix/releases/$2/system/$3
    [ -e "$wanted" ] || return 0
    mkdir -p "$(dirname "$4")"
    if [ ! -e "$4" ] || { [ -n "$2" ] && cmp -s "$4" "$before"; }; then
        cp "$wanted" "$4"
    elif ! cmp -s "$4" "$wanted"; then
        say "$4 was changed and is kept; compare it with $wanted"
    fi
}

new_install() {
    if [ -e "$prefix/bin" ]; then fail 77 "$prefix/bin is there already; --upgrade brings it up"; fi
    check_bundle
    make_release
    put_system_files "$release"
    [ $system = yes ] || mkdir -p "$data"
    switch_to "$release"
    trap - EXIT
    if [ -e "$data/qttd.toml" ]; then say "$data/qttd.toml is there and is kept"; else qttd init "$data"; fi
    qttd check >/dev/null
    if systemd; then systemctl enable --quiet qttd.service qttd-backup.timer; fi
    say "installed. Next: the settings in $data/qttd.toml, then systemctl start qttd qttd-backup.timer"
}

upgrade() {
    [ -L "$prefix/bin" ] || fail 69 "no qttd of a bundle is in $prefix; without --upgrade it is installed"
    check_bundle
    old=$(release_in_use)
    make_release
    stop
    backup=$data/backups/before-$release.zip
    if [ $system = yes ]; then install -d -o qttd -g qttd -m 0700 "$data/backups"; else mkdir -p "$data/backups"; fi
    # the backup is made by the program that knows this store
    if ! qttd backup "$backup"; then start; fail 74 "no backup, no upgrade: nothing was changed"; fi
    put_system_files "$release" "$old"
    switch_to "$release"
    if ! qttd migrate || ! qttd check >/dev/null; then
        switch_to "$old"
        put_system_files "$old" "$release"
        start
        fail 70 "the new program cannot use the store or the settings; $old goes on. The backup: $backup"
    fi
    trap - EXIT
    printf '%s\n%s\n' "$old" "$backup" >"$prefix/before-upgrade"
    start
    for each in "$prefix"/releases/*; do
        case $(basename "$each") in "$old" | "$release") ;; *) rm -rf "$each" ;; esac
    done
    say "$old is replaced by $release; back with: sh install.sh --rollback. The backup: $backup"
}

rollback() {
    [ -f "$prefix/before-upgrade" ] || fail 69 "there is no upgrade to take back"
    old=$(sed -n 1p "$prefix/before-upgrade") backup=$(sed -n 2p "$prefix/before-upgrade")
    [ -d "$prefix/releases/$old" ] || fail 69 "$prefix/releases/$old is gone"
    now=$(release_in_use)
    stop
    switch_to "$old"
    if [ $with_store = yes ]; then
        # the newer store is kept beside; the journal stays: what came after the backup is read from it again
        if ! qttd restore --aside "$backup"; then
            switch_to "$now"
            start
            fail 70 "the backup $backup could not be restored, so nothing was changed and $now goes on"
        fi
    elif ! qttd relay status >/dev/null; then
        switch_to "$now"
        start
        fail 70 "$old cannot open this store, so $now goes on. --rollback --with-store brings back the store from before, too"
    fi
    put_system_files "$old" "$now"
    rm "$prefix/before-upgrade"
    start
    say "$old is back in place of $now"
}

case $mode in install) new_install ;; upgrade) upgrade ;; rollback) rollback ;; esac
