import type { EtcdSnapshotView, EtcdView } from "@rollcall/protocol";
import type { Style } from "../text/colour.ts";
import { ago } from "../text/duration.ts";
import { type TableOptions, tableLines } from "../text/table.ts";
import { sizeText } from "./field-list.ts";

/** So much of a snapshot's name is shown, and is enough to name it. */
const SHOWN = 12;

/** A snapshot's name as people write it. */
export function shortName({ sha256 }: Pick<EtcdSnapshotView, "sha256">): string {
	return sha256.slice("sha256:".length, "sha256:".length + SHOWN);
}

/** The table of `rollcall etcd`. */
export function snapshotTable(view: EtcdView, now: number, options: TableOptions): string[] {
	const note = (one: EtcdSnapshotView): string => {
		if (one.sha256 === view.restoring) return "etcd begins with it just now";
		if (one.next) return "the next beginning";
		return one.detached ? "detached" : "";
	};
	const style = (one: EtcdSnapshotView): Style => (one.next || one.sha256 === view.restoring ? "green" : "yellow");
	return tableLines(
		[
			{ title: "SNAPSHOT", text: shortName, style: () => "bold" },
			{ title: "AGE", text: ({ takenAt }) => ago(takenAt, now) },
			{ title: "REVISION", text: ({ revision }) => String(revision) },
			{ title: "SIZE", text: ({ sizeBytes }) => sizeText(sizeBytes) },
			{ title: "CLUSTER", text: ({ cluster }) => cluster, drop: 3 },
			{ title: "TAKEN", text: ({ takenAt }) => takenAt, drop: 2 },
			{ title: "NOTE", text: note, style },
		],
		view.snapshots,
		options,
	);
}
