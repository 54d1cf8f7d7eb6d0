import { readFileSync } from "node:fs";
import test from "ava";
import { agentUnit } from "../../src/boot/agent-unit.ts";

const repository = new URL("../../../../", import.meta.url);

/** What systemd's sandbox is made of (systemd.exec(5), "Sandboxing", "Capabilities", "Security", "System call filtering"). */
const SANDBOX =
	/^(?:Protect|Private|Restrict|System[Cc]all|Capability|NoNewPrivileges|Lock|KeyringMode|ProcSubset|RemoveIPC|DynamicUser|UMask|AmbientCap|Device|IPAddress|MemoryDeny)/;

/** What a unit says of its sandbox, by directive; lists joined. */
function sandboxOf(text: string): ReadonlyMap<string, string> {
	const found = new Map<string, string>();
	for (const [, name = "", value = ""] of text.matchAll(/^(\w+)=(.*)$/gm))
		if (SANDBOX.test(name)) found.set(name, found.has(name) ? `${found.get(name)} ${value}` : value);
	return found;
}

const coordinator = sandboxOf(readFileSync(new URL("deploy/systemd/rollcall-coordinator.service", repository), "utf8"));
const agent = sandboxOf(agentUnit());

/** Where the two differ, and `docs/security.md` says why. */
const rows = [
	...readFileSync(new URL("docs/security.md", repository), "utf8").matchAll(
		/^\| `(\w+)` \| (.+?) \| (.+?) \| .+ \|$/gm,
	),
];
const told = new Map(rows.map(([, name = "", ofCoordinator = "", ofAgent = ""]) => [name, [ofCoordinator, ofAgent]]));

test("agent and coordinator have the same sandbox but for what docs/security.md gives a reason for", (t) => {
	const plain = (value: string | undefined) =>
		value === undefined ? "not set" : value === "" ? "none" : `\`${value}\``;
	const same = (value: string | undefined) => value?.split(" ").sort().join(" ").replaceAll("true", "yes");
	const different = [...new Set([...coordinator.keys(), ...agent.keys()])]
		.filter((name) => same(coordinator.get(name)) !== same(agent.get(name)))
		.sort();
	t.true(different.length > 0);
	for (const name of different)
		t.deepEqual(told.get(name), [plain(coordinator.get(name)), plain(agent.get(name))], name);
	const left = [...told.keys()].filter((name) => SANDBOX.test(name) && !different.includes(name));
	t.deepEqual(left, [], "told of as different, and alike");
});

test("a relay has the coordinator's sandbox, and of all capabilities the one that it needs", (t) => {
	const relay = sandboxOf(readFileSync(new URL("deploy/systemd/rollcall-relay.service", repository), "utf8"));
	const capability = { AmbientCapabilities: "CAP_NET_ADMIN", CapabilityBoundingSet: "CAP_NET_ADMIN" };
	t.deepEqual(Object.fromEntries(relay), { ...Object.fromEntries(coordinator), ...capability });
});

test("neither leaves a core dump, which would hold its keys", (t) => {
	for (const text of [
		agentUnit(),
		readFileSync(new URL("deploy/systemd/rollcall-coordinator.service", repository), "utf8"),
	])
		t.regex(text, /^LimitCORE=0$/m);
});
