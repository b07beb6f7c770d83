#!/bin/bash
# Boot a real systemd as PID 1 of private PID, mount, UTS, IPC and cgroup namespaces, on an overlay of /.
# usage: boot.sh WORK TREE PYTHON_HOME        as root; the network stays the caller's; nothing written outlives it
#   WORK         an empty folder; WORK/files is laid over / before the boot
#   TREE         the checkout, seen as /opt/alertd, where an installation would be
#   PYTHON_HOME  the prefix of the interpreter of the checkout's venv
# With --probe instead of arguments: say by the exit code whether this machine allows all that.
set -euo pipefail

unified=/sys/fs/cgroup
[ -f $unified/cgroup.controllers ] || unified=$unified/unified

if [ "${1:-}" = --probe ]; then
  exec unshare --pid --fork --mount --uts --ipc --cgroup --propagation private -- bash -euc '
    w=/tmp; mount -t tmpfs tmpfs $w; mkdir $w/up $w/work $w/root
    mount -t overlay overlay -o lowerdir=/,upperdir=$w/up,workdir=$w/work $w/root
    mount -t proc proc $w/root/proc
    mount -t sysfs -o ro sysfs $w/root/sys
    mount -t cgroup2 cgroup2 $w/root/sys/fs/cgroup
    [ -x $w/root/lib/systemd/systemd ]'
fi

# Paths are absolute; PID 1 of the new namespace needs a cgroup of its own to be the root of.
export work=$1 tree=$2 python_home=$3
mine=$unified/alertd-test-$$
mkdir "$mine"
echo $$ >"$mine/cgroup.procs"
echo "$mine" >"$work/cgroup"

exec unshare --pid --fork --mount --uts --ipc --cgroup --propagation private --kill-child=KILL -- bash -euc '
  mkdir "$work/over"; mount -t tmpfs -o mode=755 tmpfs "$work/over"
  mkdir "$work"/over/{up,work,root,up-tree,work-tree}
  r=$work/over/root
  mount -t overlay overlay -o "lowerdir=/,upperdir=$work/over/up,workdir=$work/over/work" "$r"

  # The machine.
  mount -t proc proc "$r/proc"
  mount --bind "$r/proc/sys" "$r/proc/sys"; mount -o remount,ro,bind "$r/proc/sys"
  mount -t sysfs -o ro sysfs "$r/sys"
  mount -t cgroup2 -o nsdelegate cgroup2 "$r/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$r/dev"
  for device in null zero full random urandom tty; do
    touch "$r/dev/$device"; mount --bind "/dev/$device" "$r/dev/$device"
  done
  mkdir "$r/dev/pts" "$r/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$r/dev/pts"; ln -s pts/ptmx "$r/dev/ptmx"
  mount -t tmpfs -o mode=1777 tmpfs "$r/dev/shm"
  ln -s /proc/self/fd "$r/dev/fd"
  for n in 0 1 2; do ln -s "/proc/self/fd/$n" "$r/dev/$(set -- stdin stdout stderr; shift $n; echo "$1")"; done
  mount -t tmpfs -o mode=755 tmpfs "$r/run"
  cp -a "$work/files" "$work/over/files"
  mount -t tmpfs -o mode=1777 tmpfs "$r/tmp"

  # The installation. ProtectHome= and a closed /root hide an interpreter that lives there: give it a place of its own.
  mkdir -p "$r/opt/alertd" "$r/opt/python"
  mount -t overlay overlay \
    -o "lowerdir=$tree,upperdir=$work/over/up-tree,workdir=$work/over/work-tree" "$r/opt/alertd"
  chmod 755 "$r/opt/alertd"
  mount --bind "$python_home" "$r/opt/python"
  venv=$r/opt/alertd/.venv
  python=$(basename "$(readlink -f "$venv/bin/python")")
  for name in python python3 "$python"; do ln -sfn "/opt/python/bin/$python" "$venv/bin/$name"; done
  sed -i "s|^home = .*|home = /opt/python/bin|" "$venv/pyvenv.cfg"
  [ ! -e "$venv/bin/alertd" ] || sed -i "1s|.*|#!/opt/alertd/.venv/bin/python|" "$venv/bin/alertd"

  cp -rT "$work/over/files" "$r"
  : >"$r/etc/machine-id"
  hostname alertd-test
  systemd-sysusers --root="$r"
  chroot "$r" chgrp -R alertd /etc/alertd

  # pivot_root, not chroot alone: under a chroot PrivateUsers= fails with 217/USER.
  cd "$r"; mkdir -p mnt; pivot_root . mnt
  exec env -i container=alertd-test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /bin/sh -c "
    umount -l /mnt; mount --make-rshared /
    exec /lib/systemd/systemd --unit=alertd-test.target --show-status=false"
'
