import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";
import { longAgo } from "./support/views.ts";

const snapshot = (digit: string, hours: number, more: object = {}) => ({
	sha256: `sha256:${digit.repeat(64)}`,
	sizeBytes: 20_480_060,
	revision: 1000 - hours,
	takenAt: longAgo(hours),
	cluster: "lab",
	next: false,
	detached: false,
	...more,
});
const newest = snapshot("a", 2, { next: true });
const view = {
	cluster: "lab",
	members: [
		{ nodeName: "control-0", votes: true },
		{ nodeName: "control-1", votes: false },
	],
	next: "snapshot",
	declared: { everyMinutes: 5, keep: 12, room: 4_294_967_296 },
	snapshots: [newest, snapshot("b", 5), snapshot("c", 90, { detached: true })],
};
const answers = {
	"GET /v1/etcd": view,
	"POST /v1/etcd/snapshots": { taken: true, snapshot: newest },
	"POST /v1/etcd/restore": { next: "snapshot", snapshot: snapshot("b", 5), boot: ["control-0"] },
	"DELETE /v1/etcd/snapshots/bbbb": { sha256: `sha256:${"b".repeat(64)}` },
};

test("etcd lists members and snapshots with their ages, and marks what a restore would use", async (t) => {
	const { env } = await coordinatorWith(t, answers);
	const { code, stdout } = await runCli(t, ["etcd"], env);
	t.is(code, 0);
	t.regex(stdout, /members +control-0, control-1 \(catching up\)/);
	t.regex(stdout, /every 5 min, 12 are kept/);
	t.regex(stdout, /aaaaaaaaaaaa +2h\S* .* 998 .* the next beginning/);
	t.regex(stdout, /bbbbbbbbbbbb +5h\S* /);
	t.regex(stdout, /cccccccccccc .* detached/);
	const json = await runCli(t, ["etcd", "-o", "json"], env);
	t.deepEqual(JSON.parse(json.stdout), view);
});

test("etcd snapshot takes one now, and etcd forget removes one", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const taken = await runCli(t, ["etcd", "snapshot"], env);
	t.is(taken.stdout, "snapshot aaaaaaaaaaaa, revision 998\n");
	const forgotten = await runCli(t, ["etcd", "forget", "bbbb"], env);
	t.is(forgotten.stdout, "snapshot bbbbbbbbbbbb is forgotten\n");
	t.is(api.seen.filter(({ method }) => method !== "GET").length, 2);
});

test("etcd restore says what the next beginning is, and who has to boot anew first", async (t) => {
	const { api, env } = await coordinatorWith(t, answers);
	const { code, stdout } = await runCli(t, ["etcd", "restore", "bbbb"], env);
	t.is(code, 0);
	const chosen = () => api.seen.filter(({ method }) => method !== "GET");
	t.deepEqual(chosen()[0]?.body, { from: "bbbb" });
	t.regex(stdout, /etcd begins with snapshot bbbbbbbbbbbb of \d{4}-/);
	t.regex(stdout, /have to boot anew first: control-0/);
	for (const words of [
		["restore", "yesterday"],
		["forget", "ab"],
	]) {
		const refused = await runCli(t, ["etcd", ...words], env);
		t.is(refused.code, 2);
		t.regex(refused.stderr, /at least 4 digits/);
	}
	t.is(chosen().length, 1, "what is no name is not asked for");
});

test("status says how old the newest snapshot is", async (t) => {
	const status = {
		coordinatorId: "c",
		leader: true,
		seq: 1,
		stateDigest: `sha256:${"0".repeat(64)}`,
		cluster: "lab",
		etcd: { members: 3, newestSnapshot: longAgo(2), restoring: false, reason: "none could be taken: no room" },
		recovering: false,
		machines: {
			...{ waiting: 0, rejected: 0, idle: 0, assigned: 0, applying: 0, ready: 3 },
			...{ degraded: 0, failed: 0, suspect: 0, lost: 0 },
		},
		version: "0.1.0",
	};
	const { env } = await coordinatorWith(t, { "GET /v1/status": status });
	const { stdout } = await runCli(t, ["status"], env);
	t.regex(stdout, /etcd +3 members live; newest snapshot 2h\S* old; none could be taken: no room/);
	const lone = { ...status, etcd: { ...status.etcd, members: 1 }, rehearsal: true };
	const one = await coordinatorWith(t, {
		"GET /v1/status": lone,
		"GET /v1/etcd": { ...view, risk: "the only member may not go" },
	});
	t.regex((await runCli(t, ["status"], one.env)).stdout, /etcd +1 member live; /);
	t.regex((await runCli(t, ["etcd", "risk"], one.env)).stderr, /^REHEARSAL: /);
});
