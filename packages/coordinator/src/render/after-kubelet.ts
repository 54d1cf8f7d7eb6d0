import type { TargetFile, TargetUnit } from "@rollcall/protocol";
import { NODE_PATHS } from "./node-paths.ts";
import { unitText } from "./systemd-unit.ts";

/**
 * Shell: ends with 0 where kubelet runs, or is about to be started or started anew, as systemd's `is-active` does not tell. What takes back what kubelet's pods left
 * begins with it: while kubelet is wanted, a unit's text that changed, or a target that is taken back, is to touch nothing.
 */
const UNLESS_KUBELET =
	'case "$(systemctl show -p ActiveState --value kubelet.service)" in inactive|failed) ;; *) exit 0;; esac;';

/** Shell: ends with 0 where the system goes down, which takes everything with it. */
export const UNLESS_GOING_DOWN = '[ "$(systemctl is-system-running)" != stopping ] || exit 0;';

/** A word for sed over mountinfo (proc(5)), where the fifth word is the place of a mount: prints the places that a regular expression fits. */
export function printMounts(place: string): string {
	return `'s#^\\([^ ]* \\)\\{4\\}\\(${place}\\) .*#\\2#p'`;
}

/** What such a unit does. `stop`: shell, which is not come to while kubelet is wanted. `start`: shell, where it has anything to do before `before`, which is kubelet if nothing else is said. */
interface AfterKubelet {
	readonly description: string;
	readonly stop: string;
	readonly stopSeconds?: number;
	readonly start?: string;
	readonly before?: string;
}

/** A unit of a target that runs nothing, and takes back what kubelet's pods left when it is stopped, behind kubelet. */
export function afterKubeletUnit(
	name: string,
	{ description, stop, stopSeconds = 60, start, before = "kubelet.service" }: AfterKubelet,
): { readonly file: TargetFile; readonly unit: TargetUnit } {
	const content = unitText([
		[
			"Unit",
			[
				["Description", description],
				["Before", { list: [before] }],
			],
		],
		[
			"Service",
			[
				["Type", "oneshot"],
				["RemainAfterExit", true],
				["ExecStart", { words: start === undefined ? ["/usr/bin/true"] : ["/bin/sh", "-c", start] }],
				["ExecStop", { words: ["/bin/sh", "-c", `${UNLESS_KUBELET} ${stop}`] }],
				["TimeoutStopSec", stopSeconds],
			],
		],
	]);
	return {
		file: { path: `${NODE_PATHS.units}/${name}`, mode: "0600", encoding: "utf8", content },
		unit: { name, restartOn: [] },
	};
}
