import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { afterKubeletUnit, printMounts, UNLESS_GOING_DOWN } from "./after-kubelet.ts";
import { CONTAINERD_UNIT } from "./containerd.ts";
import { TAKEN_NOTES } from "./image-archives.ts";

const SERVICE = "rollcall-containerd-data.service";
/** containerd's own folders, as it has them by default: what it keeps, and what it knows of containers that run. */
const DATA = "/var/lib/containerd";
const STATE = "/run/containerd";
/** Says that there was no image when the machine took its role. */
const MARK = `${DATA}/.rollcall-was-empty`;

/** Images are the role's own where there was none before it. With a mark of before, a unit that is started anew need not look. */
const LOOK = [
	`for one in ${DATA}/io.containerd.content.v1.content/blobs/*/* ${DATA}/io.containerd.snapshotter.v1.*/snapshots/*;`,
	'do [ ! -e "$one" ] || exit 0; done;',
	`mkdir -p ${DATA} && : > ${MARK}`,
].join(" ");

/** What is mounted in containerd's folders. */
const mountsIn = (folder: string): string => `sed -n ${printMounts(`${folder}/[^ ]*`)} /proc/self/mountinfo`;

/**
 * File systems of containers, and what containerd looks at for a moment, are its own mounts; another one among the images is somebody else's, so then all stays. The notes go first: they say that containerd
 * has the images of an archive, and a machine that gets its role back before all is done has to fetch them.
 */
const REMOVE = [
	`${UNLESS_GOING_DOWN} [ -e ${MARK} ] || exit 0;`,
	`case "$(systemctl show -p ActiveState --value ${CONTAINERD_UNIT})" in inactive|failed) ;; *) exit 0;; esac;`,
	`own() { ${mountsIn(STATE)}; ${mountsIn(`${DATA}/tmpmounts`)}; };`,
	'for one in $(own | sort -r); do umount -l "$one"; done; [ -z "$(own)" ] || exit 1;',
	`[ -z "$(${mountsIn(DATA)})" ] || exit 0;`,
	`rm -f ${TAKEN_NOTES}; rm -rf ${DATA}/* ${STATE}/io.containerd.* && rm -f ${MARK}`,
].join(" ");

/**
 * What takes away containerd's images, and what containers wrote, when it is stopped, behind containerd itself: they lie in RAM, and no budget counts them for the next role. Those that the operating system
 * brought along stay, with what came since.
 */
export function containerdDataUnit(): { readonly file: TargetFile; readonly unit: TargetUnit } {
	return afterKubeletUnit(SERVICE, {
		description: "removes the images of containerd when it is stopped",
		start: LOOK,
		before: CONTAINERD_UNIT,
		stop: REMOVE,
		stopSeconds: 120,
	});
}
