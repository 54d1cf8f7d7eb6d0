import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Event, EventOf, Why } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { oneFile } from "@rollcall/test-support/one-file";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";
import type { ExecutionContext } from "ava";
import { startCaller } from "../support/caller.ts";
import { COORDINATOR } from "../support/coordinator.ts";
import { agentBinary, rehearsalScript, repository } from "../support/places.ts";
import { type HostName, makeTwoLinks } from "../support/two-links.ts";

const BY_HAND = oneFile(join(repository, "test/support/enroll-by-hand.ts"));
/** Passes connections on, so that they come from its own host: what a node does for its pods. */
const PASS_ON = `const net = require("node:net");
net.createServer((one) => { const other = net.connect(7420, process.argv[1]); one.pipe(other).pipe(one); for (const end of [one, other]) end.on("error", () => end.destroy()); })
.listen(7420, "127.0.0.1", () => console.log("listening"));
process.stdin.on("end", () => process.exit(0)).resume();`;
/** Sends an empty datagram from one address to another, for which the kernel has to ask the link who that is. */
const SEND = `const [from, to] = process.argv.slice(1);
const socket = require("node:dgram").createSocket("udp4");
socket.bind(0, from, () => socket.send("", 9, to, () => socket.close()));`;
const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36.2" }
networks: { pods: 10.254.0.0/16, services: 10.253.0.0/16 }
slots:
  - { name: control, role: control-plane, count: 3 }
`;

/** A coordinator and a relay on two links, and what attackers do from each host. */
async function scene(t: ExecutionContext, document: (mac: string) => string = () => DOCUMENT) {
	const net = makeTwoLinks(t);
	const folder = ownFolder(t);
	const start = (host: HostName, ...words: string[]) => {
		const [program = "", ...rest] = [...net.on(host), process.execPath, ...words];
		const running = run(program, rest);
		t.teardown(() => running.end("SIGKILL"));
		return running;
	};
	const relayFile = join(folder, "relay.yaml");
	const dataFolder = join(folder, "data");
	const authorityFile = join(dataFolder, "tls/authority.crt");
	const url = `https://${net.address("coordinator")}:7420`;
	writeFileSync(
		relayFile,
		JSON.stringify({ name: "far", coordinators: [url], authorityFile: "authority.crt", keyFile: "relay.key" }),
	);
	writeFileSync(join(folder, "authority.crt"), "");
	const startRelay = () => start("relay", COORDINATOR, "--relay", relayFile, "--tether-stdin");
	// At its first start it makes its key, and tells the public half.
	const first = startRelay();
	const publicKey = await eventually("the relay's public key", () => /"publicKey":"(U\w+)"/.exec(first.output())?.[1]);
	await first.end();
	const config = {
		dataFolder,
		http: { host: net.address("coordinator") },
		nats: { embedded: { host: net.address("coordinator") } },
		document: "cluster.yaml",
		// A rehearsal machine says that it has an address of 10.146.0.0/16, whatever it speaks from.
		relays: [{ name: "far", networks: ["198.51.100.0/24", "10.146.0.0/16"], publicKey }],
	};
	writeFileSync(join(folder, "cluster.yaml"), document(await net.mac("machine")));
	writeFileSync(join(folder, "coordinator.yaml"), JSON.stringify(config), { mode: 0o600 });
	const coordinator = start("coordinator", COORDINATOR, "--config", join(folder, "coordinator.yaml"), "--tether-stdin");
	const announced = join(dataFolder, "api.json");
	await eventually("the coordinator's API", () => existsSync(announced) || undefined).catch((error: unknown) => {
		throw new Error(coordinator.output(), { cause: error });
	});
	writeFileSync(join(folder, "authority.crt"), readFileSync(authorityFile));
	const token = readFileSync(join(dataFolder, "admin-token"), "utf8").trim();
	const call = startCaller(t, { before: net.on("coordinator"), url, token, authorityFile });
	await eventually(
		"the coordinator to lead",
		async () => (await call<{ leader: boolean }>("GET", "/v1/status")).leader,
	);
	/** Enrolls from a host with a MAC, and gives the event of it. */
	const enroll = async (host: HostName, mac: string, to = url): Promise<EventOf<"machine-enrolled">> => {
		const made = await call<{ token: string }>("POST", "/v1/tokens", { scope: "enroll", labels: {} });
		const careless = ["env", "NODE_TLS_REJECT_UNAUTHORIZED=0", process.execPath];
		const said = await net.run(host, ...careless, BY_HAND, to, made.token, mac);
		const { status, answer } = JSON.parse(said) as { status: number; answer: { machineId: string } };
		t.is(status, 200, said);
		const { events } = await call<{ events: Event[] }>("GET", "/v1/events?limit=500");
		const found = events.find((event) => event.type === "machine-enrolled" && event.machineId === answer.machineId);
		return found as EventOf<"machine-enrolled">;
	};
	/** A machine with a real agent on a host, which says what its NIC is. */
	const boot = async (host: HostName) => {
		const { token: word } = await call<{ token: string }>("POST", "/v1/tokens", { scope: "enroll", labels: {} });
		const { signers } = await call<{ signers: string[] }>("GET", "/v1/status");
		writeFileSync(join(folder, "enroll-token"), word, { mode: 0o600 });
		const named = ["--root", join(folder, host), "--machine", host, "--mac", await net.mac(host)];
		const where = ["--loopback", "127.64.0.7", "--coordinator", url, "--authority-file", authorityFile];
		const trusted = signers.flatMap((signer) => ["--signer", signer]);
		const rest = ["--token-file", join(folder, "enroll-token"), "--tether-stdin"];
		return start(host, rehearsalScript, "machine", "--agent", agentBinary, ...named, ...where, ...trusted, ...rest);
	};
	return { net, url, start, startRelay, call, enroll, boot, coordinator };
}

testNeeding(namespaces())(
	"a machine on another link is observed by the relay there; a pod, a routed liar with a helper on the coordinator's link, and who has the address of somebody that is gone only claim",
	async (t) => {
		const { net, start, startRelay, enroll, url } = await scene(t);
		const relay = startRelay();
		await eventually("the relay to be asked", () => /asks this relay/.test(relay.output())).catch((error: unknown) => {
			throw new Error(relay.output(), { cause: error });
		});
		const observed = await enroll("machine", await net.mac("machine"));
		t.is(observed.grade, "observed", JSON.stringify(observed));
		t.is((await enroll("accomplice", await net.mac("accomplice"))).grade, "observed", "the coordinator's own link");

		// A pod: its packets carry its node's address.
		const passing = start("node", "-e", PASS_ON, net.address("coordinator"));
		await eventually("the node to pass on", () => /listening/.test(passing.output()));
		t.is((await enroll("node", "02:00:00:00:00:0a", "https://127.0.0.1:7420")).grade, "claimed");

		// A host on a third link, and one beside the coordinator that says it has that address, and the wanted MAC.
		const wanted = "02:00:00:00:00:0b";
		const poison = async (host: HostName, address: string): Promise<void> => {
			await net.run(host, "ip", "link", "set", "eth0", "address", wanted, "up");
			await net.run(host, "ip", "address", "add", `${address}/32`, "dev", "eth0");
			await net.run(host, "ip", "neighbour", "flush", "dev", "eth0");
			await net.run(host, process.execPath, "-e", SEND, address, net.address("coordinator"));
		};
		await poison("accomplice", net.address("stranger"));
		await eventually("the table to hold what the helper wrote", async () =>
			(await net.run("coordinator", "ip", "neighbour", "show", "to", net.address("stranger"))).includes(wanted),
		);
		t.is((await enroll("stranger", wanted)).grade, "claimed");

		// Who takes the address of a host that is gone, while the relay's kernel still knows that one.
		const gone = "02:00:00:00:00:0c";
		const own = await net.mac("liar");
		await net.run("liar", "ip", "link", "set", "eth0", "address", gone);
		await net.run("relay", process.execPath, "-e", SEND, net.address("relay"), net.address("liar"));
		await eventually("the relay's kernel to know the host that will be gone", async () =>
			(await net.run("relay", "ip", "neighbour", "show", "to", net.address("liar"))).includes(gone),
		);
		await net.run("liar", "ip", "link", "set", "eth0", "address", own);
		// It asks nobody who the router is, so that no question of its own tells the relay's kernel.
		const router = await net.run("router", "cat", "/sys/class/net/far/address");
		const gateway = ["198.51.100.254", "lladdr", router, "dev", "eth0", "nud", "permanent"];
		await net.run("liar", "ip", "neighbour", "replace", ...gateway);
		t.is((await enroll("liar", gone, url)).grade, "claimed");
	},
);

testNeeding(namespaces())("without its relay a machine only claims, and `why` says so", async (t) => {
	const { net, startRelay, enroll, call } = await scene(t);
	const relay = startRelay();
	await eventually("the relay to be asked", () => /asks this relay/.test(relay.output()));
	await relay.end("SIGKILL");
	const mac = await net.mac("machine");
	const { machineId, grade, unobserved } = await enroll("machine", mac);
	t.is(grade, "claimed");
	t.regex(unobserved ?? "", /^relay far(?: did not say in time|, which looks for 198\.51\.100\.10, is away)/);
	await call("POST", `/v1/machines/${machineId}/approve`, {});
	const why = await call<Why>("GET", `/v1/machines/${machineId}/why`);
	t.regex(JSON.stringify(why), /relay far/);
});

testNeeding(namespaces())(
	"a boot whose relay was away when it enrolled is observed when that is back, and has its seat, without a person and without booting again",
	async (t) => {
		const slot = "  - { name: seen, role: worker, count: 1, grade: observed }\n";
		const { startRelay, call, boot } = await scene(
			t,
			(mac) => `${DOCUMENT.replace(/ {2}- .*\n/, slot)}machines:\n  - { mac: "${mac}" }\n`,
		);
		const machine = await boot("machine");
		const first = await eventually("the machine to be known", async () => {
			const { machines } = await call<{ machines: { machineId: string }[] }>("GET", "/v1/machines");
			return machines[0];
		}).catch((error: unknown) => {
			throw new Error(machine.output(), { cause: error });
		});
		const why = async () => JSON.stringify(await call<Why>("GET", `/v1/machines/${first.machineId}/why`));
		await eventually("it to wait for being observed", async () => /slot seen wants.*relay far/.test(await why()));
		startRelay();
		const events = async () => (await call<{ events: Event[] }>("GET", "/v1/events?limit=500")).events;
		const seen = await eventually("the boot to be observed", async () =>
			(await events()).find(({ type }) => type === "boot-observed"),
		);
		t.like(seen, { machineId: first.machineId });
		await eventually("its seat", async () => (await events()).some(({ type }) => type === "machine-assigned"));
		const enrolled = (await events()).filter(({ type }) => type === "machine-enrolled");
		t.deepEqual(
			enrolled.map((event) => "grade" in event && event.grade),
			["claimed"],
		);
	},
);
