/**
 * Shell: ends with 0 where kubelet runs, or is about to be started or started anew, as systemd's `is-active` does not tell. What takes back what kubelet's pods left
 * begins with it: while kubelet is wanted, a unit's text that changed, or a target that is taken back, is to touch nothing.
 */
export const UNLESS_KUBELET =
	'case "$(systemctl show -p ActiveState --value kubelet.service)" in inactive|failed) ;; *) exit 0;; esac;';

/** Shell: ends with 0 where the system goes down, which takes everything with it. */
export const UNLESS_GOING_DOWN = '[ "$(systemctl is-system-running)" != stopping ] || exit 0;';
