import { lstatSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { messageOf, type Probe } from "@rollcall/protocol";
import type { Prober, Units } from "../../ports.ts";

/** Where probes look: the machine's loopback address and root. `plain`: https probes are done as http (rehearsal). */
export interface ProbePlace {
	readonly loopback: string;
	readonly root: string;
	readonly plain: boolean;
}

type Seen = Awaited<ReturnType<Prober["probe"]>>;
type Of<K extends Probe["kind"]> = Extract<Probe, { kind: K }>;

/** Looks at components over HTTP, TCP, systemd and the file system. `routes`: how the routes to pods are. */
export function createProber(
	place: ProbePlace,
	units: Pick<Units, "state">,
	routes: () => Seen = () => ({ healthy: false, reason: "nobody keeps routes here" }),
): Prober {
	const probes = {
		http: (probe: Of<"http">) => probeHttp(place, probe),
		tcp: (probe: Of<"tcp">) => probeTcp(place, probe),
		unit: async ({ unit }: Of<"unit">): Promise<Seen> => {
			const { active, detail } = await units.state(unit);
			return active === "active" ? { healthy: true } : { healthy: false, reason: `${unit} is ${detail}` };
		},
		routes: async (_: Of<"routes">): Promise<Seen> => routes(),
		file: async ({ path }: Of<"file">): Promise<Seen> => {
			const there = lstatSync(place.root === "/" ? path : `${place.root}${path}`, { throwIfNoEntry: false });
			return there ? { healthy: true } : { healthy: false, reason: `${path} is not there` };
		},
	};
	return {
		async probe(probe) {
			try {
				const run = probes[probe.kind] as (probe: Probe) => Promise<Seen>;
				return await within(probe.timeoutSeconds, run(probe));
			} catch (error) {
				return { healthy: false, reason: messageOf(error).slice(0, 512) };
			}
		},
	};
}

function probeHttp(place: ProbePlace, probe: Of<"http">): Promise<Seen> {
	const { port, path } = probe;
	const where = `${probe.scheme}://127.0.0.1:${port}${path}`;
	// The certificate is not checked, as in kubelet's own probes: the peer is this machine's loopback.
	const options = { host: place.loopback, port, path, agent: false as const, timeout: probe.timeoutSeconds * 1000 };
	return new Promise((resolve) => {
		const secure = probe.scheme === "https" && !place.plain;
		const request = secure ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
		request.once("response", (response) => {
			const status = response.statusCode ?? 0;
			response.destroy();
			resolve(
				status >= 200 && status < 300 ? { healthy: true } : { healthy: false, reason: `${where} answers ${status}` },
			);
		});
		request.on("error", (error) => resolve({ healthy: false, reason: `${where}: ${error.message}` }));
		request.once("timeout", () => request.destroy(new Error(`no answer within ${probe.timeoutSeconds} s`)));
		request.end();
	});
}

function probeTcp(place: ProbePlace, probe: Of<"tcp">): Promise<Seen> {
	return new Promise((resolve) => {
		const socket = connect({ host: place.loopback, port: probe.port, timeout: probe.timeoutSeconds * 1000 });
		const end = (seen: Seen) => {
			socket.destroy();
			resolve(seen);
		};
		socket.once("connect", () => end({ healthy: true }));
		socket.once("timeout", () =>
			end({ healthy: false, reason: `port ${probe.port}: no answer within ${probe.timeoutSeconds} s` }),
		);
		socket.on("error", (error) => end({ healthy: false, reason: `port ${probe.port}: ${error.message}` }));
	});
}

/** A limit behind the probes' own, for what has none (a systemd that hangs, an answer that trickles). */
async function within(seconds: number, seen: Promise<Seen>): Promise<Seen> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Seen>((resolve) => {
		timer = setTimeout(
			() => resolve({ healthy: false, reason: `no answer within ${seconds} s` }),
			seconds * 1000 + 100,
		);
	});
	try {
		return await Promise.race([seen, late]);
	} finally {
		clearTimeout(timer);
	}
}
