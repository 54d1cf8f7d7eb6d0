import {
	Digest,
	EtcdView,
	RestoreReply,
	RestoreRequest,
	SnapshotContent,
	SnapshotForgotten,
	SnapshotReply,
} from "@rollcall/protocol";
import { z } from "zod";
import { begunNow } from "../../../domain/etcd/members.ts";
import { fetchedNow, nextBeginning } from "../../../domain/etcd/snapshots.ts";
import { NO_SNAPSHOTS } from "../../../domain/etcd/state.ts";
import { wasTakenOut } from "../../../domain/etcd/taken-out.ts";
import { etcdView, snapshotView } from "../../../domain/etcd/view.ts";
import type { Fleet } from "../../../domain/fleet.ts";
import { EtcdError, LeadOver, SnapshotError } from "../../../errors.ts";
import { askCore } from "../ask-core.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

const SNAPSHOT = {
	sha256: `sha256:${"5e".repeat(32)}`,
	sizeBytes: 20_480_060,
	revision: 81_234,
	takenAt: "2026-11-02T08:00:00.000Z",
	cluster: "lab",
	next: true,
	detached: false,
} as const;
const NAMED = z.strictObject({
	sha256: z
		.string()
		.regex(/^(?:sha256:)?[0-9a-f]{4,64}$/, "the SHA-256 of a snapshot, or at least 4 digits of its beginning"),
});

/** The snapshot that a person means. Throws a Refusal with the candidates where that is not one. */
function named(fleet: Fleet, text: string): Digest {
	const begin = text.replace(/^sha256:/, "");
	const fitting = (fleet.snapshots ?? NO_SNAPSHOTS).kept.filter(({ sha256 }) => sha256.slice(7).startsWith(begin));
	const [first] = fitting;
	if (first && fitting.length === 1) return first.sha256;
	if (!first)
		throw refuse("not-found", `no snapshot begins with ${begin}`, { path: "sha256", next: "rollcall etcd lists them" });
	const list = fitting.map(({ sha256 }) => sha256.slice(7, 19)).join(", ");
	throw refuse("conflict", `more than one snapshot begins with ${begin}: ${list}`, {
		path: "sha256",
		next: "write more of it",
	});
}

const common = { query: NOTHING, params: NOTHING, path: "/v1/etcd" } as const;

/** etcd's snapshots, and what it begins with when no memory is left. */
export const ETCD_ROUTES: readonly Route[] = [
	route({
		...common,
		method: "GET",
		scope: "viewer",
		leads: false,
		status: 200,
		summary: "etcd's members and snapshots, and what it would begin with",
		body: null,
		response: EtcdView,
		example: {
			cluster: "lab",
			members: [{ nodeName: "control-0", votes: true }],
			next: "snapshot",
			declared: { everyMinutes: 5, keep: 12, room: 4_294_967_296 },
			snapshots: [SNAPSHOT],
		} as z.input<typeof EtcdView>,
		refusals: [],
		answer: (api) => etcdView(api.core.fleet(), api.clock.now()),
	}),
	route({
		...common,
		method: "POST",
		path: "/v1/etcd/snapshots",
		noted: true,
		scope: "operator",
		leads: true,
		status: 201,
		summary: "Take a snapshot of etcd now; the answer comes when it is kept",
		body: z.strictObject({}),
		response: SnapshotReply,
		example: { taken: true, snapshot: SNAPSHOT } as z.input<typeof SnapshotReply>,
		refusals: ["conflict", "not-leader", "not-ready"],
		async answer(api) {
			try {
				const { taken, snapshot } = await api.snapshots.take();
				return { taken, snapshot: snapshotView(api.core.fleet(), snapshot) };
			} catch (error) {
				const isKnown = [SnapshotError, EtcdError, LeadOver].some((kind) => error instanceof kind);
				if (!(error instanceof Error && isKnown)) throw error;
				throw refuse("conflict", `no snapshot of etcd could be taken: ${error.message}`, { next: "rollcall etcd" });
			}
		},
	}),
	route({
		...common,
		method: "DELETE",
		path: "/v1/etcd/snapshots/{sha256}",
		scope: "admin",
		leads: true,
		status: 200,
		summary: "Forget a snapshot and remove its file",
		params: NAMED,
		body: null,
		response: SnapshotForgotten,
		example: { sha256: SNAPSHOT.sha256 } as z.input<typeof SnapshotForgotten>,
		refusals: ["conflict", "not-found", "not-leader", "not-ready"],
		async answer(api, { params, caller }) {
			const sha256 = named(api.core.fleet(), params.sha256);
			await askCore(api.core, { kind: "etcd-prune", snapshots: [sha256], by: caller.name }, "ok");
			return { sha256 };
		},
	}),
	route({
		...common,
		method: "GET",
		path: "/v1/etcd/snapshots/{sha256}/content",
		scope: "public",
		leads: false,
		status: 200,
		summary: "The encrypted file that etcd begins with just now; no other one",
		params: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256") }),
		body: null,
		contentType: "application/octet-stream",
		file: true,
		response: SnapshotContent,
		example: "(bytes)",
		refusals: ["not-found", "too-many-requests"],
		async answer(api, { params }) {
			const sha256 = Digest.parse(`sha256:${params.sha256}`);
			const wanted = fetchedNow(api.core.fleet()).some((one) => one.sha256 === sha256);
			const file = wanted ? await api.snapshots.file(sha256) : undefined;
			if (!file)
				throw refuse("not-found", "etcd does not begin with this snapshot, or its file is not here", {
					path: "sha256",
					next: "`rollcall etcd` says what it begins with",
				});
			return file.path;
		},
	}),
	route({
		...common,
		method: "POST",
		path: "/v1/etcd/restore",
		scope: "admin",
		leads: true,
		status: 200,
		summary: "Choose what etcd begins with, the next time that no memory of it is left",
		body: RestoreRequest,
		response: RestoreReply,
		example: { next: "snapshot", snapshot: SNAPSHOT, boot: [] } as z.input<typeof RestoreReply>,
		refusals: ["conflict", "not-found", "not-leader", "not-ready"],
		async answer(api, { body, caller }) {
			const before = api.core.fleet();
			const from = body.from === "newest" || body.from === "none" ? body.from : named(before, body.from);
			await askCore(api.core, { kind: "etcd-choose", from, by: caller.name }, "ok");
			const fleet = api.core.fleet();
			const next = nextBeginning(fleet);
			return {
				next: next.from === "nothing" ? ("nothing" as const) : next.from,
				...(next.from === "snapshot" ? { snapshot: snapshotView(fleet, next.snapshot) } : {}),
				boot: begunNow(before)
					.filter((one) => wasTakenOut(fleet, one))
					.map(({ machineId, seat }) => seat?.nodeName ?? machineId),
			};
		},
	}),
];
