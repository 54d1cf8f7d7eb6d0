import { type EtcdSnapshot, type EventDraft, sha256Of } from "@rollcall/protocol";
import type { Fleet } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";

/** A snapshot of 20 MB. */
export const SNAPSHOT: EtcdSnapshot = {
	sha256: sha256Of("a snapshot"),
	sizeBytes: 20_000_060,
	content: { sha256: sha256Of("what is in it"), sizeBytes: 20_000_032 },
	revision: 81_234,
	takenAt: 0,
	secretsKeys: [],
	cluster: "lab",
};

/** The fleet after these events. */
export function after(fleet: Fleet, ...drafts: readonly EventDraft[]): Fleet {
	return record(fleet, drafts, 1).fleet;
}

/** All of etcd's machines are to begin with the snapshot. */
export function restoring(fleet: Fleet, snapshot = SNAPSHOT): Fleet {
	return after(
		fleet,
		{ type: "leader-elected", coordinatorId: "test", url: "http://192.168.1.2:7420" },
		{ type: "etcd-restoring", snapshot },
	);
}
