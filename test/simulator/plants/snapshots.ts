import { allSwapped, type Plant, swapped } from "./plant.ts";

const KEEPER = "coordinator/src/keepers/snapshot-keeper.ts";

/** Faults in which snapshots of etcd are kept, and which go. */
export const SNAPSHOTS: Readonly<Record<string, Plant>> = {
	"snapshots of etcd are swept while the log is in doubt": allSwapped(
		KEEPER,
		["untold || core.fleet().log?.doubt ? keepAll : forget", "forget"],
		// What is newer than all that the log knows would stay all the same.
		[
			"strange ??= (await folder.list(MAX_SNAPSHOTS)).flatMap((one) => (one.takenAt > newest ? one.sha256 : []));",
			"strange ??= [];",
		],
	),
	"snapshots of etcd reach back an hour only": swapped(
		"coordinator/src/domain/etcd/snapshots.ts",
		"if (spaced.has(sha256) && bytes <= settings.room) {",
		"if (spaced.size < 0) {",
	),
};
