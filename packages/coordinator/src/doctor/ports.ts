import { createServer } from "node:net";
import { systemReason } from "@rollcall/protocol";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import { isWildcard, type Place } from "./places.ts";
import type { OpenSocket } from "./sockets.ts";

const { ok, warn, fail } = findingsOf("ports");

/** Whether each port is free, or who has it. `own`: the processes of the coordinator that runs here already, with its nats-server. */
export async function portFindings(
	places: readonly Place[],
	sockets: readonly OpenSocket[],
	own: ReadonlySet<number>,
): Promise<DoctorFinding[]> {
	return Promise.all(places.map((place) => one(place, sockets, own)));
}

async function one(place: Place, sockets: readonly OpenSocket[], own: ReadonlySet<number>): Promise<DoctorFinding> {
	const { what, host, port, field } = place;
	const portField = field.replace(/host$/, "port");
	const where = `port ${port} on ${host} (${what})`;
	if (port === 0) return warn(`the ${what} takes another port at each start`, `set ${portField}`);
	const reason = await whyTaken(host, port);
	if (reason === undefined) return ok(`${where} is free`);
	if (reason.code === "EADDRNOTAVAIL") return fail(`${where}: ${systemReason(reason)}`, `set ${field}`);
	if (reason.code !== "EADDRINUSE") return fail(`${where}: ${systemReason(reason)}`, `choose another ${portField}`);
	const holders = sockets.filter(
		(socket) => socket.protocol === "tcp" && socket.port === port && meets(socket.address, host),
	);
	const holder = holders.find((socket) => socket.holder)?.holder;
	if (holder && own.has(holder.pid))
		return ok(`${where} is held by this coordinator (${holder.name}, pid ${holder.pid})`);
	if (!holder) return fail(`${where} is held; by whom is seen by root alone`, "run this as root");
	return fail(
		`${where} is held by ${holder.name} (pid ${holder.pid})`,
		`end that, or set ${portField} to another port`,
	);
}

/** One address is in the way of another on the same port. */
function meets(one: string, other: string): boolean {
	return one === other || isWildcard(one) || isWildcard(other);
}

/** Why nobody can listen there now; undefined where one can. */
function whyTaken(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", (error) => resolve(error));
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
	});
}
