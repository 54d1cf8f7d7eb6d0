import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ExecutionContext } from "ava";
import { bootApp } from "../../../src/adapters/boot/app.ts";
import { Assets } from "../../../src/adapters/boot/assets.ts";
import type { BootOptions } from "../../../src/adapters/boot/boot-options.ts";
import { type BudgetLimits, ByteBudget } from "../../../src/adapters/boot/byte-budget.ts";
import { parseIpxe } from "../../boot/parsers/ipxe.ts";
import { InMemoryBootCore } from "./in-memory-core.ts";

export const MAC = "52:54:00:a1:9c:ae";
export const UUID = "4c4c4544-0000-2010-8020-b1c04f4d3332";
export const WHO = `uuid=${UUID}&mac=52-54-00-a1-9c-ae`;

const DOCUMENT = {
	profiles: [
		{
			name: "flatcar",
			kernel: "/assets/flatcar/vmlinuz",
			initrd: ["/assets/flatcar/initrd"],
			args: ["ignition.config.url={{ignition}}"],
			ignition: { parts: ["site"] },
		},
		{
			name: "plain",
			kernel: "/assets/plain/vmlinuz",
			args: ["a={{ignition}}", "o={{overlay}}"],
			ignition: {},
			agent: false,
		},
		{
			name: "cloud",
			kernel: "/assets/cloud/vmlinuz",
			args: ["ds=nocloud-net;s={{cloudInit}}"],
			cloudInit: { packages: ["jq"] },
		},
	],
	groups: [
		{ name: "default", profile: "flatcar" },
		{ name: "old", profile: "plain", selector: { request: { os: "old" } }, metadata: { etcd_name: "n1" } },
		{ name: "cloud", profile: "cloud", selector: { request: { os: "cloud" } } },
		{ name: "desk", profile: "flatcar", selector: { labels: { room: "desk" } }, menu: true },
	],
	parts: {
		site: {
			format: "butane",
			text: "variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - path: /etc/site\n      contents: {inline: here}\n",
		},
	},
	users: [{ name: "core", sshKeys: ["ssh-ed25519 AAAA ann"] }],
	menu: {
		entries: [
			{ kind: "rollcall", name: "roll", title: "Kubernetes" },
			{ kind: "profile", name: "old", title: "The old one", profile: "plain" },
			{ kind: "local-disk", name: "disk", title: "The disk" },
		],
	},
};

/** A boot app with its parts at hand, on no port at all: requests are injected. */
export async function bootListener(
	t: ExecutionContext,
	limits: Partial<BudgetLimits> = {},
	more: Partial<BootOptions> = {},
) {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rollcall-boot-"));
	const core = new InMemoryBootCore(DOCUMENT);
	const assets = await Assets.open(path.join(folder, "assets"));
	const budget = new ByteBudget({ bytes: 2 ** 30, perClient: 8, bytesPerSecond: 10 ** 8, ...limits });
	const clock = { at: 1_000_000_000_000 };
	const key = randomBytes(32);
	const hosts = new Set(["localhost", "x"]);
	const app = bootApp({
		hosts,
		core,
		assets,
		budget,
		url: () => "http://192.0.2.1:8080",
		key,
		now: () => clock.at,
		...more,
	});
	t.teardown(async () => {
		await app.close();
		fs.rmSync(folder, { recursive: true });
	});
	const get = async (url: string, headers: Record<string, string> = {}) => {
		const answer = await app.inject({ method: "GET", url, headers, remoteAddress: "192.0.2.77" });
		return { status: answer.statusCode, body: answer.body, raw: answer.rawPayload, headers: answer.headers };
	};
	/** Asks for the script as a machine does, and returns the path that one of its kernel arguments leads to. */
	const boot = async (query: string, argument: string) => {
		const { status, body } = await get(`/ipxe?${query}`, { "user-agent": "iPXE/1.0.0+" });
		const word = parseIpxe(body)[1]?.commands[0]?.words.find((one) => one.startsWith(`${argument}`));
		if (status !== 200 || word === undefined) throw new Error(`no script: ${status} ${body}`);
		return word.slice(argument.length).replace("http://192.0.2.1:8080", "");
	};
	return { app, core, assets, budget, clock, folder, get, boot, key };
}
