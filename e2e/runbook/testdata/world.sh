# Makes the namespace that this shell was started in a network with machines. Usage: world.sh DIR; says its process id, and waits.
set -euo pipefail
dir=$1
read -r pid _ </proc/self/stat # before /proc is the namespace's own
mount -t proc proc /proc
ip link set lo up
for i in 1 2 3 4 9; do ip addr add "10.0.0.$i/32" dev lo; done
mkdir -p "$dir/lib/quorate"
mount --bind "$dir/lib" /var/lib
for m in node1 node2 node3 node4 desk; do
  mkdir -p "$dir/$m/lib" "$dir/$m/etc/quorate" "$dir/$m/work" "$dir/$m/run" "$dir/$m/log" "$dir/$m/bin"
  mkdir -m 700 "$dir/$m/home" # root's: the node's user does not look into it
done
echo "$pid"
sleep infinity & # bash stays, and reaps what is orphaned here
wait
