# Where a switch lives. Sourced by the scripts beside it; `places VERSION` sets the variables.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/centralino-asterisk
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

places() {
    case $1 in
        22) suite=sid ;;
        16) suite=bullseye ;;
        *) echo "There is no Asterisk “$1” here: 22 or 16." >&2; exit 64 ;;
    esac
    chroot=$cache/$suite
    # Version 22 uses 127.22.0.0/16 only, so that both run at once and neither collides with a switch of the machine.
    pbx=127.$1.7.1 phones=127.$1.7.40 trunk=127.$1.7.50
    name=pbx-$1.example
    run=$cache/run-$1          # secrets, certificate and process id of the running switch, mode 700
    # As Asterisk sees them, inside the chroot:
    etc=/etc/asterisk-live logs=/var/log/asterisk-live
}
