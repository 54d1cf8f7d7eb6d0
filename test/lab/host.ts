import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";

import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import { newOperator, type Operator } from "../support/cli.ts";
import { COORDINATOR } from "../support/coordinator.ts";
import type { Bridge } from "./bridge.ts";
import { unpackPackages } from "./image/debian.ts";

const BOOT_PORT = 7480;

/** What a coordinator on a switch's host is started with. Absolute paths. */
export interface HostWish {
	/** Its data folder; there are assets in it, perhaps. */
	readonly dataFolder: string;
	readonly bootDocument: string;
	readonly document?: string;
	readonly agent?: string;
	/** How long the machines' certificates live, where that is not the usual. */
	readonly certificateSeconds?: number;
	/** Where Debian's dnsmasq is kept between runs. */
	readonly cache: string;
}

/** The host of a switch as an operator sets it up: coordinator, and DHCP by the rendered configuration. */
export interface LabHost {
	/** Runs the `rollcall` command there, as administrator, to its end. */
	readonly rollcall: Operator["rollcall"];
	/** Starts it, and leaves it running: for what takes more than a minute. */
	readonly start: Operator["start"];
	/** What coordinator and DHCP server said. */
	output(): string;
	/** Kills the coordinator, and starts it again when `during` has ended. */
	away(during: () => Promise<void>): Promise<void>;
	readonly dhcp: Running;
	/** The boot listener, as machines reach it. */
	readonly url: string;
}

/** Starts both; ended with `t`. Throws LabUnavailable where there is no dnsmasq to be had. */
export async function startHost(t: Scope, bridge: Bridge, wish: HostWish): Promise<LabHost> {
	const dnsmasq = join(wish.cache, "dnsmasq");
	await unpackPackages({ names: ["dnsmasq-base"], beside: "this-computer" }, dnsmasq, wish.cache);
	const folder = ownFolder(t, "rollcall-host-");
	const url = `http://${bridge.address}:${BOOT_PORT}`;
	await mkdir(wish.dataFolder, { recursive: true, mode: 0o700 });
	const configFile = join(folder, "coordinator.yaml");
	const config = {
		dataFolder: wish.dataFolder,
		http: { host: bridge.address, port: 7420 },
		nats: { embedded: { host: bridge.address, port: 7422 } },
		boot: {
			host: bridge.address,
			port: BOOT_PORT,
			document: wish.bootDocument,
			...(wish.agent ? { agent: wish.agent } : {}),
		},
		...(wish.document ? { document: wish.document } : {}),
		...(wish.certificateSeconds ? { certificateSeconds: wish.certificateSeconds } : {}),
	};
	await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
	const launch = async (): Promise<Running> => {
		const launched = startOn(t, bridge, [process.execPath, COORDINATOR, "--config", configFile]);
		t.teardown(() => launched.end());
		const isThere = (): boolean => existsSync(join(wish.dataFolder, "api.json"));
		await eventually("the coordinator", isThere, 60_000).catch(() => {
			throw new Error(launched.output());
		});
		return launched;
	};
	let coordinator = await launch();
	const admin = [
		...["--server", `https://${bridge.address}:7420`, "--token-file", join(wish.dataFolder, "admin-token")],
		...["--ca-file", join(wish.dataFolder, "tls/authority.crt")],
	];
	const operator = newOperator(t, bridge.onHost);
	const rollcall: LabHost["rollcall"] = (...args) => operator.rollcall(...admin, ...args);
	const begin: LabHost["start"] = (...args) => operator.start(...admin, ...args);
	const range = ["--range", "192.0.2.100-192.0.2.200", "--router", bridge.address, "--interface", "lan"];
	const rendered = await rollcall("render", "dnsmasq", "--mode", "full", "--url", url, ...range, "--tftp-root", folder);
	if (rendered.code !== 0) throw new Error(rendered.stderr);
	const dnsmasqFile = join(folder, "dnsmasq.conf");
	await writeFile(dnsmasqFile, rendered.stdout);
	const own = ["--keep-in-foreground", "--no-ping", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
	const dhcp = startOn(
		t,
		bridge,
		[join(dnsmasq, "usr/sbin/dnsmasq"), "-C", dnsmasqFile, `--dhcp-leasefile=${join(folder, "leases")}`, ...own],
		{ LD_LIBRARY_PATH: join(dnsmasq, "usr/lib/x86_64-linux-gnu") },
	);
	return {
		rollcall,
		start: begin,
		dhcp,
		url,
		output: () => `${coordinator.output()}\n${dhcp.output()}`,
		async away(during) {
			await coordinator.end("SIGKILL");
			await rm(join(wish.dataFolder, "api.json"), { force: true });
			await during();
			coordinator = await launch();
		},
	};
}

/** Starts a program on the host of the switch; ended with `t`. */
export function startOn(
	t: Scope,
	bridge: Bridge,
	command: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): Running {
	const [ip = "ip", ...words] = [...bridge.onHost, ...command];
	const started = run(ip, words, environment);
	t.teardown(() => started.end("SIGKILL"));
	return started;
}
