import { spawnSync } from "node:child_process";
import test from "ava";
import { bootApp } from "../../../src/adapters/boot/app.ts";
import { ignitionValidate } from "../../boot/programs/debian.ts";
import { bootListener, MAC, WHO } from "./boot-listener.ts";

const IGNITION = "ignition.config.url=";

test("a machine boots: the stub, its script, and with the script's token its Ignition", async (t) => {
	const { core, get, boot } = await bootListener(t);
	core.machines.set(MAC, { labels: {}, nodeName: "node-1" });
	t.regex((await get("/boot.ipxe")).body, /^#!ipxe\n/);
	t.is((await get("/boot.ipxe.0")).body, (await get("/boot.ipxe")).body);
	const answer = await get(await boot(WHO, IGNITION));
	t.is(answer.status, 200);
	t.is(answer.headers["cache-control"], "no-store");
	const validate = await ignitionValidate(t);
	const checked = validate?.(JSON.parse(answer.body));
	if (checked) t.is(checked.status, 0, checked.output);
	const [issued] = [...core.tokens.values()];
	t.like(issued, { mac: MAC, lifeSeconds: 600 });
	t.true(decodeURIComponent(answer.body).includes(issued?.token ?? "?"));
	for (const part of [
		"/etc/site",
		"node-1",
		"ssh-ed25519 AAAA ann",
		"http://192.0.2.1:8080/assets/rollcall/agent-x64.gz",
	]) {
		t.true(decodeURIComponent(answer.body).includes(part), part);
	}
	t.deepEqual(core.seen(), ["dhcp served", "dhcp served", "dhcp served", "ipxe served", "ignition served"]);
});

test("a boot token works once", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
	t.is((await get(url)).status, 200);
	const again = await get(url);
	t.deepEqual([again.status, again.body], [403, "the boot token was used before; boot again\n"]);
	t.deepEqual(core.seen().at(-1), "ignition refused the boot token was used before; boot again");
});

test("of a hundred that use one token at once, exactly one is served", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
	const answers = await Promise.all(Array.from({ length: 100 }, () => get(url)));
	t.is(answers.filter((answer) => answer.status === 200).length, 1);
	t.is(answers.filter((answer) => answer.status === 403).length, 99);
	t.is(core.tokens.size, 1);
});

test("a boot token is good for its machine, for ten minutes, and unchanged only", async (t) => {
	const { core, clock, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
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
	t.is(core.tokens.size, 0);
});

test("a coordinator that was restarted takes the tokens of before, and no other's", async (t) => {
	const { core, assets, budget, clock, key, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
	const options = { core, assets, budget, url: () => "http://192.0.2.1:8080", now: () => clock.at };
	const stranger = bootApp({ ...options, key: Buffer.alloc(32) });
	t.is((await stranger.inject(url)).statusCode, 403);
	const successor = bootApp({ ...options, key });
	t.is((await successor.inject(url)).statusCode, 200);
	t.throws(() => bootApp({ ...options, key: Buffer.alloc(16) }), { message: /at least 32 bytes/ });
});

test("looking at a URL without taking it does not use up its token", async (t) => {
	const { app, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
	t.is((await app.inject({ method: "HEAD", url })).statusCode, 404);
	t.is((await get(url)).status, 200);
});

test("what cannot be rendered costs no token, and says what to do", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(WHO, IGNITION);
	const agent = core.agentAsset;
	core.agentAsset = undefined;
	t.like(await get(url), { status: 503, body: "there is no agent for x64 among the assets; add one\n" });
	core.agentAsset = agent;
	core.available = false;
	t.like(await get(url), { status: 503, body: "the log cannot be written\n" });
	core.available = true;
	t.is((await get(url)).status, 200);
});

test("profiles without the agent are served as matchbox serves them: no token made, none needed", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(`${WHO}&os=old`, "a=");
	t.false(url.includes("token"));
	t.true(url.includes("os=old"));
	const answer = await get(url);
	t.is(answer.status, 200);
	t.false(answer.body.includes("rollcall-agent"));
	t.is((await get("/ignition?os=old")).status, 200);
	t.is(core.tokens.size, 0);
});

test("cloud-init gets its three files, and only the first one needs the token", async (t) => {
	const { core, get, boot } = await bootListener(t);
	const url = await boot(`${WHO}&os=cloud`, "ds=nocloud-net;s=");
	t.is((await get(url.replace("%s", "vendor-data"))).body, "#cloud-config\n{}\n");
	t.regex((await get(url.replace("%s", "meta-data"))).body, /^instance-id: "?4c4c4544/);
	const answer = await get(url.replace("%s", "user-data"));
	t.is(answer.status, 200);
	t.regex(answer.body, /^#cloud-config\n/);
	t.true(answer.body.includes([...core.tokens.values()][0]?.token ?? "?"));
	t.is((await get(url.replace("%s", "user-data"))).status, 403);
	t.is((await get(url.replace("%s", "network-config"))).status, 404);
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
	const ignition = JSON.parse((await get(await boot(WHO, IGNITION))).body);
	t.deepEqual(ignition.passwd.users, [
		{ name: "core", sshAuthorizedKeys: ["ssh-ed25519 AAAA ann"] },
		{ name: "cem", sshAuthorizedKeys: ["ssh-ed25519 CCCC cem"], groups: ["sudo"] },
	]);
	const cloud = await get(
		await boot(`${WHO}&os=cloud`, "ds=nocloud-net;s=").then((seed) => seed.replace("%s", "user-data")),
	);
	t.true(cloud.body.includes("ssh-ed25519 CCCC cem"), cloud.body);
});
