import { connect } from "node:net";
import { systemReason } from "@rollcall/protocol";
import { locateServer } from "../adapters/nats/find-server.ts";
import { PATCHED_VERSIONS, tooOld, unpatched, versionIn } from "../adapters/nats/server-versions.ts";
import type { CoordinatorConfig } from "../config.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";

const PATCHED = `install a patched nats-server: ${PATCHED_VERSIONS}`;
const { ok, warn, fail } = findingsOf("nats-server");
const ANSWER_WITHIN_MS = 5_000;
const MOST_GREETING = 64 * 1024;

/** The nats-server that the coordinator would start, or the servers of an existing cluster, each with its version. `cached`: the one that the setup unpacked. */
export async function busFindings(nats: CoordinatorConfig["nats"], cached: string): Promise<DoctorFinding[]> {
	if ("external" in nats) return Promise.all(nats.external.servers.map(external));
	try {
		const { program, version, warning } = await locateServer({ cached });
		return [ok(`version ${version}, ${program}`), ...(warning === undefined ? [] : [warn(warning, PATCHED)])];
	} catch (error) {
		const [text = "", next = "run `npm run setup`"] = (error as Error).message.split("; ", 2);
		return [fail(text, next)];
	}
}

/** Every nats-server says first who it is: `INFO` and JSON. */
async function external(server: string): Promise<DoctorFinding> {
	const url = URL.parse(server.includes("://") ? server : `nats://${server}`);
	const next = "start it, or correct nats.external.servers";
	if (!url) return fail(`${server} is no address`, next);
	try {
		const greeting = await greetingOf(url.hostname.replace(/^\[|\]$/g, ""), Number(url.port || 4222));
		const version = /^INFO .*"version":"([^"]{1,64})"/.exec(greeting)?.[1];
		const numbers = version === undefined ? undefined : versionIn(version);
		if (version === undefined || !numbers) return fail(`${url.host} is no nats-server`, next);
		const fault = tooOld(numbers);
		if (fault) return fail(`${url.host} is version ${version}, ${fault}`, PATCHED);
		const warning = unpatched(numbers);
		return warning === undefined
			? ok(`${url.host} answers, version ${version}`)
			: warn(`${url.host}: ${warning}`, PATCHED);
	} catch (error) {
		return fail(`${url.host}: ${systemReason(error)}`, next);
	}
}

function greetingOf(host: string, port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port, timeout: ANSWER_WITHIN_MS });
		let text = "";
		socket.setEncoding("utf8");
		socket.on("data", (chunk: string) => {
			text += chunk;
			if (!text.includes("\n") && text.length < MOST_GREETING) return;
			socket.destroy();
			resolve(text.split("\n")[0] ?? "");
		});
		socket.once("timeout", () => socket.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)));
		socket.once("error", reject);
		socket.once("close", () => resolve(text));
	});
}
