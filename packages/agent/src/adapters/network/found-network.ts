import { formatNetwork, parseNetwork } from "@rollcall/protocol";
import { z } from "zod";
import { type FoundNetwork, type FoundTunnel, type FoundWay, PROTOCOL, settingsOf } from "../../domain/pod-kernel.ts";
import { TUNNEL } from "../../domain/pod-network.ts";
import { NetworkError } from "../../errors.ts";
import { runCommand } from "../command.ts";

const LIMIT_MS = 10_000;

// As iproute2 prints them with `-j`; fields that are not needed are left out.
const Route = z.looseObject({
	type: z.string().optional(),
	dst: z.string(),
	gateway: z.string().optional(),
	dev: z.string().optional(),
	prefsrc: z.string().optional(),
	metric: z.number().optional(),
});
const Link = z.looseObject({
	address: z.string(),
	flags: z.array(z.string()),
	linkinfo: z.looseObject({
		info_data: z.looseObject({
			id: z.number(),
			port: z.number(),
			link: z.string().optional(),
			local: z.string().optional(),
			local6: z.string().optional(),
		}),
	}),
});
const Addresses = z.looseObject({
	addr_info: z.array(z.looseObject({ local: z.string().optional(), prefixlen: z.number().optional() })),
});
const Neighbour = z.looseObject({ dst: z.string(), lladdr: z.string().optional() });
const Forwarding = z.looseObject({ mac: z.string(), dst: z.string().optional() });

/** Reads what the kernel has of that which the agent brought. Throws NetworkError. */
export async function readNetwork(): Promise<FoundNetwork> {
	const own = ["route", "show", "table", "main", "proto", String(PROTOCOL)];
	const routes = [
		...((await ask("ip", ["-4", "-j", ...own], Route)) ?? []),
		...((await ask("ip", ["-6", "-j", ...own], Route)) ?? []),
	];
	return { ways: routes.map(wayOf), tunnel: await readTunnel() };
}

function wayOf({ type, dst, gateway = "", dev = "", prefsrc = "", metric = 0 }: z.output<typeof Route>): FoundWay {
	const network = parseNetwork(dst.includes("/") ? dst : `${dst}/${dst.includes(":") ? 128 : 32}`);
	const to = network ? formatNetwork(network) : dst;
	return { to, via: gateway, dev, src: prefsrc, metric, unreachable: type === "unreachable" };
}

async function readTunnel(): Promise<FoundTunnel | undefined> {
	const [link] = (await ask("ip", ["-j", "-d", "link", "show", "dev", TUNNEL], Link, true)) ?? [];
	if (!link) return undefined;
	const { id, port, link: nic = "", local, local6 = "" } = link.linkinfo.info_data;
	const [held] = (await ask("ip", ["-j", "addr", "show", "dev", TUNNEL], Addresses, true)) ?? [];
	const hops = (await ask("ip", ["-j", "neigh", "show", "dev", TUNNEL, "nud", "permanent"], Neighbour, true)) ?? [];
	const ends = (await ask("bridge", ["-j", "fdb", "show", "dev", TUNNEL], Forwarding, true)) ?? [];
	return {
		settings: settingsOf({ id, port, local: local ?? local6, nic, mac: link.address }),
		up: link.flags.includes("UP"),
		addresses: (held?.addr_info ?? []).flatMap(({ local, prefixlen }) => (local ? `${local}/${prefixlen}` : [])),
		neighbours: hops.flatMap(({ dst, lladdr }) => (lladdr ? `${dst} ${lladdr}` : [])),
		forwarding: ends.flatMap(({ mac, dst }) => (dst ? `${mac} ${dst}` : [])),
	};
}

/** The list that a program prints; undefined where it says that there is no such device. Throws NetworkError. */
async function ask<S extends z.ZodType>(
	program: "ip" | "bridge",
	args: readonly string[],
	schema: S,
	mayBeMissing = false,
): Promise<z.output<S>[] | undefined> {
	const { code, stdout, stderr } = await runCommand(program, args, LIMIT_MS);
	if (code === 1 && mayBeMissing) return undefined;
	const words = stderr.replaceAll(/\s+/g, " ").slice(0, 300);
	if (code !== 0) throw new NetworkError(`${program} ${args.join(" ")}: ${words || `exit code ${code}`}`);
	try {
		return z.array(schema).parse(stdout.trim() === "" ? [] : JSON.parse(stdout));
	} catch {
		throw new NetworkError(`${program} ${args.join(" ")}: what it printed is not understood; iproute2 is needed`);
	}
}
