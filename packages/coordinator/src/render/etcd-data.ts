import type { TargetFile, TargetMemory, TargetUnit } from "@rollcall/protocol";
import { NODE_PATHS } from "./node-paths.ts";
import { unitText } from "./systemd-unit.ts";

/** systemd's name for the mount of /var/lib/etcd (systemd.unit(5), string escaping for paths). */
const UNIT = "var-lib-etcd.mount";

/**
 * A tmpfs of its own for etcd's data, so that it cannot fill the rest of the RAM, and goes as a whole. The agent stops its unit
 * only for a member that etcd knows no more. The size is a share of the RAM, well above the quota and five write-ahead logs,
 * and never another text: a unit whose file changes is started anew, and a mount would lose everything by that.
 */
export function etcdData(): {
	readonly files: readonly TargetFile[];
	readonly units: readonly TargetUnit[];
	readonly memory: TargetMemory;
} {
	const content = unitText([
		["Unit", [["Description", "memory for the data of etcd"]]],
		[
			"Mount",
			[
				["What", "tmpfs"],
				["Where", NODE_PATHS.etcdData],
				["Type", "tmpfs"],
				["Options", "size=30%,mode=0700,nosuid,nodev,noexec"],
				// The etcd that still runs must not keep the unit from being stopped; the memory is free when it ends.
				["LazyUnmount", true],
			],
		],
	]);
	return {
		files: [{ path: `${NODE_PATHS.units}/${UNIT}`, mode: "0600", encoding: "utf8", content }],
		units: [{ name: UNIT, restartOn: [] }],
		memory: { holds: { unit: UNIT, path: NODE_PATHS.etcdData } },
	};
}
