import { spawnSync } from "node:child_process";
import { testNeeding } from "@rollcall/test-support/needing";
import test from "ava";
import { bootApp } from "../../../src/adapters/boot/app.ts";
import { readEnrollToken } from "../../../src/adapters/boot/enroll-token.ts";
import { debian, IGNITION, ignitionValidate } from "../../boot/programs/debian.ts";
import { bootListener, MAC, WHO } from "./boot-listener.ts";

const IGNITION_URL = "ignition.config.url=";

/** The enrollment token in an Ignition configuration. */
function enrollTokenIn(body: string): string {
	// Only the token's own file is a URL; units may hold a percent sign of their own.
	const [, file = ""] = /"data:,(e1[^"]*)"/.exec(body) ?? [];
	return /e1\.[\w.-]+/.exec(decodeURIComponent(file))?.[0] ?? "";
}

/** A text whose percent-encoded parts are read; a percent sign of a unit's stays. */
function decoded(text: string): string {
	return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (part) => Buffer.from(part.replaceAll("%", ""), "hex").toString());
}

testNeeding(await debian(IGNITION))(
	"a machine boots: the stub, its script, and with the script's token its Ignition",
	async (t) => {
		const { core, clock, key, get, boot } = await bootListener(t);
		core.machines.set(MAC, { labels: {}, nodeName: "node-1" });
		t.regex((await get("/boot.ipxe")).body, /^#!ipxe\n/);
		t.is((await get("/boot.ipxe.0")).body, (await get("/boot.ipxe")).body);
		const answer = await get(await boot(WHO, IGNITION_URL));
		t.is(answer.status, 200);
		t.is(answer.headers["cache-control"], "no-store");
		const validate = await ignitionValidate();
		const checked = validate(JSON.parse(answer.body));
		if (checked) t.is(checked.status, 0, checked.output);
		t.like(readEnrollToken(key, enrollTokenIn(answer.body)), { mac: MAC, expiresAt: clock.at + 1_200_000 });
		for (const part of [
			"/etc/site",
			"node-1",
			"ssh-ed25519 AAAA ann",
			"http://192.0.2.1:8080/assets/rollcall/agent-x64.gz",
		]) {
			t.true(decoded(answer.body).includes(part), part);
		}
		t.deepEqual(core.seen(), ["dhcp served", "dhcp served", "dhcp served", "ipxe served", "ignition served"]);
	},
);

test("a machine that lost the answer gets the same one again, until its enrollment token was used", async (t) => {
	const { core, key, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	const answers = await Promise.all(Array.from({ length: 100 }, () => get(url)));
	t.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
	t.is(new Set(answers.map(({ body }) => body)).size, 1);
	core.usedTokens.add(readEnrollToken(key, enrollTokenIn(answers[0]?.body ?? ""))?.tokenId ?? "");
	const again = await get(url);
	t.deepEqual([again.status, again.body], [403, "the boot token was used before; boot again\n"]);
	t.deepEqual(core.seen().at(-1), "ignition refused the boot token was used before; boot again");
});

test("a boot token is good for its machine, for ten minutes, and unchanged only", async (t) => {
	const { core, clock, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	const refused = async (changed: string, reason: RegExp) => {
		const answer = await get(changed);
		t.is(answer.status, 403, changed);
		t.regex(answer.body, reason);
		t.regex(core.seen().at(-1) ?? "", reason);
	};
	await refused(url.replace("9c-ae", "9c-af"), /was made for 52:54:00:a1:9c:ae/);
	await refused(url.replace("mac=52-54-00-a1-9c-ae&", ""), /was made for/);
	await refused(url.replace("4c4c4544", "4c4c4545"), /was made for/);
	await refused(url.replace(".flatcar.", ".plain."), /not one of ours/);
	await refused(
		url.replace(/.$/, (last) => (last === "A" ? "B" : "A")).replace(/(token=b1\.)./, "$1z"),
		/not one of ours/,
	);
	await refused(url.replace(/token=.*$/, "token=x"), /not one of ours/);
	await refused(url.replace(/&token=.*$/, ""), /needs the token/);
	clock.at += 600_000;
	await refused(url, /has expired/);
});

test("a coordinator that was restarted takes the tokens of before, and no other's", async (t) => {
	const { core, assets, budget, clock, key, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	const hosts = new Set(["localhost"]);
	const options = { hosts, core, assets, budget, url: () => "http://192.0.2.1:8080", now: () => clock.at };
	const stranger = bootApp({ ...options, key: Buffer.alloc(32) });
	t.is((await stranger.inject(url)).statusCode, 403);
	const successor = bootApp({ ...options, key });
	t.is((await successor.inject(url)).statusCode, 200);
	t.throws(() => bootApp({ ...options, key: Buffer.alloc(16) }), { message: /at least 32 bytes/ });
});

test("who looks at a URL without taking it uses up nothing, and gets nothing that is in it", async (t) => {
	const { app, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	const looked = await app.inject({ method: "HEAD", url });
	t.is(looked.statusCode, 200);
	t.is(looked.body, "");
	t.is((await get(url)).status, 200);
});

test("what cannot be served now says what to do, and is served later", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	const agent = core.agentAsset;
	core.agentAsset = undefined;
	t.like(await get(url), {
		status: 503,
		body: "there is no agent for x64 among the assets; add rollcall/agent-x64.gz\n",
	});
	core.agentAsset = agent;
	t.is((await get(url)).status, 200);
});

test("profiles without the agent are served as matchbox serves them: no token made, none needed", async (t) => {
	const { get, boot } = await bootListener(t);
	const url = await boot(`${WHO}&os=old`, "a=");
	t.false(url.includes("token"));
	t.true(url.includes("os=old"));
	const answer = await get(url);
	t.is(answer.status, 200);
	t.false(answer.body.includes("rollcall-agent"));
	t.is((await get("/ignition?os=old")).status, 200);
});

test("cloud-init gets its three files, and only the first one needs the token", async (t) => {
	const { key, get, boot } = await bootListener(t);
	const url = await boot(`${WHO}&os=cloud`, "ds=nocloud-net;s=");
	t.is((await get(`${url}vendor-data`)).body, "#cloud-config\n{}\n");
	t.regex((await get(`${url}meta-data`)).body, /^instance-id: "?4c4c4544/);
	const answer = await get(`${url}user-data`);
	t.is(answer.status, 200);
	t.regex(answer.body, /^#cloud-config\n/);
	const [token = ""] = /e1\.[\w.-]+/.exec(answer.body) ?? [];
	t.like(readEnrollToken(key, token), { mac: MAC });
	t.is((await get(`${url}user-data`.replace(/&token=[^/]*/, ""))).status, 403);
	t.like(await get(`${url}network-config`), { status: 200, body: "# none\n" });
});

test("cloud-init's metadata names a machine to that machine alone", async (t) => {
	const { core, get, boot } = await bootListener(t);
	core.machines.set(MAC, { labels: {}, nodeName: "node-1" });
	const url = `${await boot(`${WHO}&os=cloud`, "ds=nocloud-net;s=")}meta-data`;
	t.regex((await get(url)).body, /^local-hostname: "?node-1"?$/m);
	const open = await get(url.replace(/&token=[^/]*/, ""));
	t.like(open, { status: 200 });
	t.notRegex(open.body, /node-1/);
	t.is((await get(url.replace(/token=[^/]*/, "token=x"))).status, 403);
});

test("without a token cloud-init's metadata is the same for machines that are known and that are not", async (t) => {
	const { core, get } = await bootListener(t);
	core.machines.set(MAC, { labels: { disk: "yes" }, nodeName: "node-1" });
	core.declared = {
		...core.declared,
		profiles: core.declared.profiles.map((profile) => ({ ...profile, agent: false })),
		groups: core.declared.groups.map((group) => ({
			...group,
			selector: { ...group.selector, labels: { disk: "yes" } },
		})),
	};
	const stranger = "02:00:00:00:ff:fe";
	for (const rest of ["os=cloud", "os=old", "os=none", ""]) {
		const of = async (mac: string) => {
			const { status, body } = await get(`/cloud-init/meta-data?mac=${mac}&${rest}`);
			return { status, body: body.replaceAll(mac.replaceAll(":", "-"), "MAC").replace(/MAC-[a-z0-9]+/, "MAC-time") };
		};
		t.deepEqual(await of(MAC), await of(stranger), rest);
	}
});

test("Alpine gets an overlay that the real tar reads", async (t) => {
	const { get, boot } = await bootListener(t);
	const url = await boot(`${WHO}&os=old`, "o=");
	t.regex(url, /\.tar\.gz$/);
	const answer = await get(url);
	t.is(answer.headers["content-type"], "application/gzip");
	const listed = spawnSync("tar", ["-tzf", "-"], { input: answer.raw, encoding: "utf8" });
	t.is(listed.status, 0, listed.stderr);
	t.true(listed.stdout.includes("etc/rollcall/users/core\n"));
});

test("metadata is that of the group, without the token", async (t) => {
	const { get } = await bootListener(t);
	const answer = await get("/metadata?os=old&token=secret");
	t.is(answer.body, "ETCD_NAME=n1\nOS=old\nREQUEST_QUERY_OS=old\nREQUEST_RAW_QUERY=os=old\n");
});

test("people of the cluster document get their accounts, unless the boot document has one of that name", async (t) => {
	const { core, get, boot } = await bootListener(t);
	core.clusterUsers = [
		{ name: "core", sshKeys: ["ssh-ed25519 BBBB bea"], groups: [] },
		{ name: "cem", sshKeys: ["ssh-ed25519 CCCC cem"], groups: ["sudo"] },
	];
	const ignition = JSON.parse((await get(await boot(WHO, IGNITION_URL))).body);
	t.deepEqual(ignition.passwd.users, [
		{ name: "core", sshAuthorizedKeys: ["ssh-ed25519 AAAA ann"] },
		{ name: "cem", sshAuthorizedKeys: ["ssh-ed25519 CCCC cem"], groups: ["sudo"] },
	]);
	const cloud = await get(`${await boot(`${WHO}&os=cloud`, "ds=nocloud-net;s=")}user-data`);
	t.true(cloud.body.includes("ssh-ed25519 CCCC cem"), cloud.body);
});

test("a page whose name was switched to the listener's address gets nothing from it, and uses up no token", async (t) => {
	const { get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION_URL);
	for (const path of ["/", `/ipxe?${WHO}`, url]) {
		const refused = await get(path, { host: "evil.example" });
		t.is(refused.status, 421, path);
		t.false(refused.body.includes("token="));
	}
	t.is((await get(url, { host: "192.0.2.1:8080" })).status, 200);
});
