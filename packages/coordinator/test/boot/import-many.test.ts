import test from "ava";
import { importMatchbox } from "../../src/boot/matchbox/import.ts";
import { json } from "./matchbox-folders.ts";

test("a profile with a placeholder that is none is left out by name, and keeps no other one out", (t) => {
	const profile = (args: readonly string[]) => json({ boot: { kernel: "/assets/a", args } });
	const imported = importMatchbox(
		new Map([
			["profiles/good.json", profile(["quiet"])],
			["profiles/odd.json", profile(["x={{y}}"])],
			["groups/all.json", json({ profile: "good" })],
		]),
	);
	t.true(imported.ok);
	if (!imported.ok) return;
	t.deepEqual(
		imported.document.profiles.map(({ name }) => name),
		["good"],
	);
	t.regex(imported.leftOut.join("\n"), /^profiles\/odd\.json: args\.0: \{\{y\}\} is not known/);
});

test("each argument that asks for what is not served here is named", (t) => {
	const asks = ["a=http://m.example:8080/generic?x=1", "b=http://m.example:8080/cloud?x=1"];
	const imported = importMatchbox(new Map([["profiles/p.json", json({ boot: { kernel: "/assets/a", args: asks } })]]));
	t.deepEqual(
		imported.ok && imported.leftOut,
		asks.map((arg) => `profiles/p.json: ${arg}: there is no such endpoint here`),
	);
});

test("a template is filled in for a room of some hundred machines", (t) => {
	const groups = Array.from({ length: 300 }, (_, at) => at).map(
		(at) => [`groups/g${at}.json`, json({ profile: "node", metadata: { name: `n${at}` } })] as const,
	);
	const part = json({
		ignition: { version: "3.3.0" },
		storage: { files: [{ path: "/etc/n", contents: { source: "data:,{{.name}}" } }] },
	});
	const profile = json({ boot: { kernel: "/assets/a" }, ignition_id: "n.ign" });
	const imported = importMatchbox(new Map([...groups, ["profiles/node.json", profile], ["ignition/n.ign", part]]));
	t.is(imported.ok ? imported.document.profiles.length : 0, 301);
});
