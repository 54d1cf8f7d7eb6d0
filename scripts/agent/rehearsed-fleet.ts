import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const project = join(import.meta.dirname, "../..");
/** Of an encoded public user nkey. */
const USER = [20 << 3];
const MACHINE_ID = "rehearsed";

/** What an agent reads of a machine: something of each kind of facts. */
const MACHINE: Readonly<Record<string, string>> = {
	"proc/sys/kernel/random/boot_id": "00000000-0000-4000-8000-000000000001\n",
	"proc/sys/kernel/hostname": "rehearsed\n",
	"proc/sys/kernel/osrelease": "6.1.0\n",
	"proc/cpuinfo": "processor\t: 0\nmodel name\t: one\n",
	"proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 8000000 kB\n",
	"proc/self/mountinfo": "1 0 0:1 / / rw - tmpfs tmpfs rw,size=4194304k\n",
	"proc/net/route":
		"Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n",
	"sys/class/net/lo/address": "00:00:00:00:00:00\n",
	"sys/class/net/eth0/address": "02:00:00:00:00:01\n",
	"sys/class/net/eth0/operstate": "up\n",
	"sys/class/dmi/id/product_uuid": "4c4c4544-0000-2010-8020-80c04f202020\n",
	"etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian"\n',
	"etc/resolv.conf": "nameserver 192.0.2.1\n",
};

/** Of the protocol, what a fleet of one machine says and signs. */
interface Protocol {
	encodeNkey(prefix: readonly number[], key: Uint8Array): string;
	enrolledText(reply: object, nonce: string): string;
	answerText(subject: string, payload: string): string;
	assignmentText(assignment: object): string;
	digestOf(content: object): string;
}

/** A coordinator and a bus for one agent: what it does with them until it has a role and its files is what every start does. */
export interface RehearsedFleet {
	/** Its agent's configuration file. */
	readonly config: string;
	/** Resolves when the agent reports that it has applied its target. */
	readonly applied: Promise<void>;
	end(): void;
}

/** Starts one, with a machine's root in a folder. It checks nothing and keeps nothing. */
export async function startRehearsedFleet(root: string): Promise<RehearsedFleet> {
	const protocol = (await import(pathToFileURL(join(project, "packages/protocol/src/index.ts")).href)) as Protocol;
	const { privateKey, publicKey } = generateKeyPairSync("ed25519");
	const x = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
	const fleet = { protocol, key: privateKey, signer: protocol.encodeNkey(USER, x) };
	let tell = () => {};
	const applied = new Promise<void>((resolve) => {
		tell = resolve;
	});
	const boot = { publicKey: "" };
	const bus = createServer((socket) => speak(socket, fleet, { boot, tell }));
	const servers = [`127.0.0.1:${await portOf(bus)}`];
	const http = createHttpServer(async (request, response) => {
		const claim = JSON.parse(Buffer.concat(await request.toArray()).toString());
		boot.publicKey = claim.publicKey;
		const said = { machineId: MACHINE_ID, jwt: "a.b.c", servers, signers: [fleet.signer], expiresInSeconds: 3600 };
		const signature = signed(fleet.key, protocol.enrolledText(said, claim.nonce));
		response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ ...said, signature }));
	});
	const coordinators = [`http://127.0.0.1:${await portOf(http)}`];
	const config = join(root, "agent.json");
	const rehearsal = {
		loopback: "127.0.0.1",
		socket: join(root, "init"),
		interfaces: [{ name: "eth0", addresses: ["192.0.2.7/24"] }],
	};
	const files = {
		...MACHINE,
		token: "a-token",
		"agent.json": JSON.stringify({
			coordinators,
			signers: [fleet.signer],
			tokenFile: join(root, "token"),
			root,
			rehearsal,
		}),
	};
	for (const [path, text] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
	return {
		config,
		applied,
		end() {
			bus.close();
			http.closeAllConnections();
			http.close();
		},
	};
}

interface Fleet {
	readonly protocol: Protocol;
	readonly key: KeyObject;
	readonly signer: string;
}

async function portOf(server: Server): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

function signed(key: KeyObject, text: string): string {
	return sign(null, Buffer.from(text), key).toString("base64");
}

/** Speaks as a server of NATS does, in as few words, and answers each question by its verb. */
function speak(socket: Socket, fleet: Fleet, { boot, tell }: { boot: { publicKey: string }; tell: () => void }): void {
	let sid = "";
	let heard = "";
	socket.setEncoding("latin1");
	socket.on("error", () => undefined);
	socket.write(
		`INFO ${JSON.stringify({ server_id: "one", version: "2.15.1", proto: 1, headers: true, max_payload: 1 << 20, nonce: "nonce", auth_required: true })}\r\n`,
	);
	socket.on("data", (text: string) => {
		heard += text;
		for (let end = heard.indexOf("\r\n"); end >= 0; end = heard.indexOf("\r\n")) {
			const [verb = "", ...words] = heard.slice(0, end).split(" ");
			const size = verb === "PUB" ? Number(words.at(-1)) + 2 : 0;
			if (heard.length < end + 2 + size) return;
			const body = heard.slice(end + 2, end + size);
			heard = heard.slice(end + 2 + size);
			if (verb === "PING") socket.write("PONG\r\n");
			if (verb === "SUB" && words[0]?.startsWith("_INBOX")) sid = words.at(-1) ?? "";
			if (verb !== "PUB" || words.length < 3) continue;
			const [subject = "", inbox = ""] = words;
			const answer = Buffer.from(
				JSON.stringify(subject.endsWith(".hello") ? target(fleet, boot.publicKey) : { kind: "ok" }),
			);
			const signature = signed(
				fleet.key,
				fleet.protocol.answerText(inbox, createHash("sha256").update(answer).digest("hex")),
			);
			const head = Buffer.from(`NATS/1.0\r\nRollcall-Signature: ${signature}\r\n\r\n`);
			const line = `HMSG ${inbox} ${sid} ${head.length} ${head.length + answer.length}\r\n`;
			socket.write(Buffer.concat([Buffer.from(line), head, answer, Buffer.from("\r\n")]));
			if (body.includes('"applied"')) tell();
		}
	});
}

/** A target of two files, and its proof. */
function target({ protocol, key, signer }: Fleet, publicKey: string): object {
	const names = { cluster: "rehearsed", slot: "one", role: "one", nodeName: "one-1" };
	const files = ["a", "b"].map((name) => ({
		path: `/etc/rollcall/role/${name}`,
		mode: "0600",
		encoding: "utf8",
		content: `${name}\n`,
	}));
	const content = { ...names, files, units: [], probes: [], artifacts: [], deadlineSeconds: 60 };
	const common = { machineId: MACHINE_ID, generation: 1, digest: protocol.digestOf(content) };
	const bootId = MACHINE["proc/sys/kernel/random/boot_id"]?.trim();
	const assignment = { ...common, ...names, bootId, publicKey, labels: {}, seat: 0, pinned: false };
	const signature = signed(key, protocol.assignmentText(assignment));
	return { kind: "target", target: { ...common, content }, proof: { assignment, signer, signature } };
}
