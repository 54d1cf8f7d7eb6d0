/**
 * A stand-in for etcdutl where only etcdctl of etcd 3.4 is there: restores with that, without the arguments that 3.4 does not know, and
 * into a data folder that is there already. `etcdctl`: the path of the program. A script for sh.
 */
export function oldRestore(etcdctl: string): string {
	return `#!/bin/sh
shift 2
file=$1; shift
data=
for word in "$@"; do
  shift
  case $word in
    --bump-revision=*|--mark-compacted) ;;
    --data-dir=*) data=\${word#--data-dir=}; set -- "$@" "--data-dir=$data/restoring" ;;
    *) set -- "$@" "$word" ;;
  esac
done
ETCDCTL_API=3 ${etcdctl} snapshot restore "$file" "$@" && mv "$data/restoring/member" "$data/member" && rmdir "$data/restoring"
`;
}
