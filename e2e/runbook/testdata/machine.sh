# A shell on one machine. Usage: machine.sh DIR MACHINE. Blocks come as "FILE STDIN" on descriptor 3; what failed in them goes to
# descriptor 4, as "STATUS:COMMAND" each, ended by a line "done". The shell lives on between blocks, as a terminal does.
dir=$1 machine=$2
mount --bind "$dir/$machine/lib" /var/lib/quorate
# Changes of /etc stay on the machine; where the kernel cannot lay that over (upper folder on an overlay), a copy does.
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$dir/$machine/etc,workdir=$dir/$machine/work" /etc 2>/dev/null || {
  cp -a --update=none /etc/. "$dir/$machine/etc" 2>/dev/null || cp -an /etc/. "$dir/$machine/etc" 2>/dev/null
  mount --bind "$dir/$machine/etc" /etc
}
mount --bind "$dir/$machine/log" /var/log
mount --bind "$dir/$machine/run" /run
mount --bind "$dir/$machine/bin" /usr/local/bin
mount --bind "$dir/$machine/home" /mnt # the same path in every world: what a login saved stays true
mkdir -p "$dir/shared" && mount --bind "$dir/shared" /srv # the network's file server
cd /mnt || exit 1
export HOME=$PWD
# Where the world's namespace has no other user than root, the node's user is root under another name.
setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null || {
  useradd() { echo "${!#}:x:0:0::/:/bin/sh" >>/etc/passwd && echo "${!#}:x:0:" >>/etc/group; }
  runuser() { shift 3 && "$@"; } # -u USER --
}
set -E -o pipefail
failed() {
  local command=${2//$'\n'/ }
  [[ $command == "source "* ]] || echo "$1:$command" >&4
}
trap 'failed $? "$BASH_COMMAND"' ERR
while read -r block stdin <&3; do
  source "$block" <"$stdin" >"$block.out" 2>&1
  echo "done" >&4
done
