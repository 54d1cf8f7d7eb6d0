import { DOCUMENT_LIMITS } from "@rollcall/protocol";
import test from "ava";
import { entryBytes, MAX_ENTRY_BYTES } from "../../src/adapters/nats/entry.ts";
import { parseDocument } from "../../src/document/parse-document.ts";

const mac = (n: number) =>
	`02:00:00:${[16, 8, 0].map((shift) => ((n >> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;

function document(machines: number, entry: (n: number) => string, more = ""): string {
	const list = Array.from({ length: machines }, (_, n) => `  - ${entry(n)}\n`).join("");
	return `apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes: { version: "1.36" }\nnetworks: { pods: 10.0.0.0/10, services: 10.200.0.0/16 }\n${list && `machines:\n${list}`}slots:\n  - { name: workers, role: worker, count: rest }\nvolumes: {}\n${more}`;
}

test("ten thousand machines can be declared, each with a name", (t) => {
	const text = document(10_000, (n) => `{ mac: "${mac(n)}", nodeName: node-${n} }`);
	t.true(text.length > DOCUMENT_LIMITS.ownCharacters);
	const parsed = parseDocument(text);
	t.is(parsed.ok ? parsed.document.machines.length : parsed.problem.message, 10_000);
});

test("what is no machine makes no room for more", (t) => {
	const comment = `# ${"x".repeat(DOCUMENT_LIMITS.ownCharacters + 1000)}\n`;
	const parsed = parseDocument(document(2, (n) => `{ mac: "${mac(n)}" }`, comment));
	t.regex(
		parsed.ok ? "" : parsed.problem.message,
		/at most 525056 are read: 524288, and 384 for each of 2 declared machines/,
	);
});

test("ten thousand machines with UUID, MAC, name and labels can be declared, and fit one entry of the log", (t) => {
	const uuid = (n: number) => `${n.toString(16).padStart(8, "0")}-1111-4222-8333-123456789abc`;
	const labels = (n: number) => `labels: { rack: r${n % 100}, row: w${n % 10} }`;
	const text = document(10_000, (n) => `{ uuid: ${uuid(n)}, mac: "${mac(n)}", nodeName: node-${n}, ${labels(n)} }`);
	const parsed = parseDocument(text);
	if (!parsed.ok) return t.fail(parsed.problem.message);
	t.is(parsed.document.machines.length, 10_000);
	const { document: declared, digest } = parsed;
	t.true(
		entryBytes([{ type: "cluster-declared", document: declared, digest, by: "test", seq: 1, at: 1 }]) < MAX_ENTRY_BYTES,
	);
});

test("what is too much for the log is refused with both sizes", (t) => {
	const labels = Array.from({ length: 6 }, (_, n) => `l${n}: "${"x".repeat(60)}"`).join(", ");
	const text = document(9000, (n) => `{ mac: "${mac(n)}", labels: { ${labels} } }`);
	const parsed = parseDocument(text);
	t.regex(
		parsed.ok ? "" : parsed.problem.message,
		/takes \d+ bytes of the log, at most 4194304 fit|at most \d+ are read/,
	);
});
