import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { screenOf } from "../src/process-surroundings.ts";
import { runProgram } from "../src/program.ts";
import { coordinatorWith } from "./support/cli.ts";
import { HOSTILE_PARTS, notPlain } from "./support/hostile.ts";
import { BOOT, DIGEST, detail, fleet, STATUS } from "./support/views.ts";

const hostile = fc
	.array(fc.constantFrom(...HOSTILE_PARTS), { minLength: 1, maxLength: 6 })
	.map((parts) => parts.join(""));

/** A fleet in which every text that others choose is this one. */
function hostileFleet(text: string) {
	const short = text.slice(0, 30);
	const id0 = fleet()[0]?.machineId ?? "";
	const fact = text.slice(0, 250);
	const [first] = fleet();
	const machine = {
		...{ ...first, reason: text, next: text, address: text, serial: text, hostName: text, agentVersion: text },
		health: [{ component: "kubelet", healthy: false, reason: text }],
		node: { ready: false, reason: text, version: short, pressure: [short] },
	};
	const nic = { name: short, mac: "52:54:00:00:00:07", up: true, addresses: [short] };
	const shown = detail(first as never) as { facts: object };
	const facts = {
		...{ ...shown.facts, hostname: fact, kernel: fact, agentVersion: fact, nics: [nic] },
		smbios: { uuid: fact, serial: fact, vendor: fact, product: fact },
		cpu: { count: 4, model: fact, arch: "x64" },
		defaultRoute: { nic: short, gateway: short },
		dns: { servers: [short], search: [] },
		os: { id: fact, version: fact, name: fact },
		tmpfs: [{ path: `/${short}`, totalBytes: 1, freeBytes: 1 }],
	};
	const boot = {
		...{ state: "stuck", waitingFor: "enrolled", cause: text, next: text, profile: "p", address: short },
		...{ startedAt: "2026-11-02T08:00:00.000Z", totalMs: 1, stages: [], machineId: machine.machineId },
	};
	const link = { seq: 1, at: "2026-11-02T08:00:00.000Z", type: short, text };
	// Files and documents have lines of their own.
	const line = text.replaceAll("\n", ".");
	const file = { path: `/etc/${short}`, change: "changed", before: `a\n${line}\n`, after: `b\n${line}\n` };
	const change = { machineId: machine.machineId, action: "update", reason: text, files: [file], restarts: [short] };
	const id = machine.machineId;
	const refused = {
		problem: { code: "conflict", message: text, next: text, machineId: id0, details: [{ path: short, message: text }] },
	};
	const machinePosts = ["reject", "role", "labels", "plan"].map((what) => [
		`POST /v1/machines/${id0}/${what}`,
		refused,
	]);
	return {
		...Object.fromEntries(machinePosts),
		...{ [`DELETE /v1/machines/${id0}`]: refused, "GET /v1/certificates": refused, "PUT /v1/cluster": refused },
		...{ "POST /v1/tokens": refused, "POST /v1/kubeconfig": refused, "POST /v1/log/accept": refused },
		"GET /v1/status": {
			...{ ...STATUS, coordinatorId: text, version: text, trouble: [{ kind: "no-api", text, next: text }] },
			kubernetes: { ready: false, addOns: false, reason: text, claims: text },
		},
		"GET /v1/machines": { machines: [machine] },
		[`GET /v1/machines/${id}`]: { ...shown, machine, facts },
		[`GET /v1/machines/${id}/why`]: { machineId: id, phase: "ready", reason: text, next: text, chain: [link] },
		[`POST /v1/machines/${id}/approve`]: machine,
		[`POST /v1/machines/${id}/compromised`]: {
			machine,
			exposure: { couldRead: [text], changes: ["authorities"], yours: [text] },
		},
		[`POST /v1/machines/${id}/commands`]: { machineId: id, reply: { kind: "logs", lines: [text] } },
		"GET /v1/boots": { boots: [boot], more: 0 },
		"GET /v1/cluster": { document: { [line]: line }, digest: DIGEST, declaredAt: text, seq: 1 },
		"POST /v1/plan": { digest: DIGEST, unchanged: 0, machines: [change], addOns: [], warnings: [text] },
		"GET /v1/tokens": { problem: { code: "internal", message: text, next: text } },
		"GET /v1/assets": {
			assets: [{ name: "a/b", sizeBytes: 1, sha256: "0".repeat(64), checked: [], source: text, addedAt: text }],
		},
		"GET /v1/etcd": { problem: { code: "conflict", message: text, details: [{ path: short, message: text }] } },
	};
}

async function printed(args: readonly string[], env: Record<string, string>): Promise<string> {
	let text = "";
	let stop = (_: NodeJS.Signals) => {};
	const write = (chunk: unknown) => {
		text += String(chunk);
		// A view that goes on ends when the fleet and the event are on it.
		if (/Ctrl-C ends this view.*1 of 1.*lease/s.test(text)) stop("SIGINT");
		return true;
	};
	const screen = screenOf({ write, isTTY: true, columns: 100, rows: 30 } as never, true);
	const nothing = () => () => undefined;
	const onStop = (listener: typeof stop) => {
		stop = listener;
		return () => undefined;
	};
	await runProgram(args, {
		...{ out: screen, err: screen, env, now: () => Date.parse("2026-11-02T09:00:00Z") },
		...{ onResize: nothing, onStop },
	});
	return text;
}

function commands(id: string): readonly (readonly string[])[] {
	const plain = [
		...[
			["machines"],
			["machines", "-o", "wide"],
			["status"],
			["show", id],
			["why", id],
			["approve", id],
			["compromised", id, "--yes"],
			["logs", id],
		],
		...[["boots"], ["cluster"], ["token", "list"], ["assets", "list"], ["etcd"], ["events", "--since", "0"]],
		...[
			["ping", id],
			["reject", id],
			["remove", id],
			["role", id, "worker"],
			["label", id, "a=b"],
			["reboot", id],
		],
		...[
			["reset", id],
			["certs"],
			["log", "accept"],
			["etcd", "risk"],
			["token", "create"],
			["logs", id, id, "-n", "5"],
		],
		...[["wait", id], ["watch", "--since", "0", "--until-caught-up"], ["kubeconfig"]],
		...[
			["apply", "--yes", "-f", "deploy/examples/rehearsal.yaml"],
			["assets", "remove", "a/b"],
		],
		["plan", "-f", "deploy/examples/rehearsal.yaml"],
	];
	return [
		["machines", "--watch"],
		...plain,
		...plain.map((words) => (words.includes("wide") ? words : [...words, "-o", "json"])),
	];
}

function isClean(t: ExecutionContext, text: string, command: string): void {
	t.is(notPlain(text), undefined, command);
	t.notRegex(text, /^\s*FORGED/m, command);
	t.notRegex(text, /a fault of the command itself/, command);
}

test("whatever a fleet says, no command lets it steer the terminal or forge a line", async (t) => {
	const id = fleet()[0]?.machineId ?? "";
	let answers: Record<string, unknown> = {};
	const keys = Object.keys(hostileFleet("x"));
	const lazy = Object.fromEntries(keys.map((key) => [key, () => answers[key]]));
	const { api, env } = await coordinatorWith(t, lazy);
	await fc.assert(
		fc.asyncProperty(hostile, async (text) => {
			answers = hostileFleet(text);
			api.events.length = 0;
			const event = { type: "lease-changed", machineId: id, bootId: BOOT, lease: "lost", silentMs: 1, seq: 1, at: 1 };
			api.events.push({ event: event as never, text });
			for (const words of commands(id)) isClean(t, await printed(words, env), words.join(" "));
		}),
		{ numRuns: 8 },
	);
});
