// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import test from "ava";
import { rateLimit } from "../../../src/rate/rate-limit.ts";
import { parseIpxe } from "../../boot/parsers/ipxe.ts";
import { bootListener, MAC, WHO } from "./boot-listener.ts";

const IPXE = { "user-agent": "iPXE/1.21.1+ (g1234)" };

test("iPXE is told in its own language why there is nothing, so that a person in front of it can read it", async (t) => {
	const { core, get } = await bootListener(t);
	core.declared = { ...core.declared, groups: [] };
	const answer = await get(`/ipxe?${WHO}`, IPXE);
	t.is(answer.status, 200);
	t.deepEqual(
		parseIpxe(answer.body).map((line) => line.commands[0]?.words.join(" ")),
		[`echo rollcall: no group takes ${MAC}`, "sleep 5", "exit 1"],
	);
	t.like(await get(`/ipxe?${WHO}`), { status: 404, body: `no group takes ${MAC}\n` });
});

test("a machine that says nothing usable is refused", async (t) => {
	const { get } = await bootListener(t);
	t.like(await get("/ipxe?mac=zz"), { status: 400 });
	t.like(await get("/ipxe?serial=a%0Aboot"), { status: 400 });
	t.like(await get("/nothing"), { status: 404 });
	t.like(await get("/"), { status: 200, body: "rollcall\n" });
});

test("odd bytes in a text of the firmware that nobody uses stop no boot", async (t) => {
	const { get } = await bootListener(t);
	for (const serial of ["a%0Ab", "%00", "%ff%fe", "%", "%zz", "x".repeat(4000), "%7B%7D%24%7Bx%7D", "${serial}"])
		t.regex((await get(`/ipxe?${WHO}&serial=${serial}`, IPXE)).body, /ignition\?uuid=\S+&token=b1\./, serial);
});

test("a machine is told at its screen that there is no agent for its architecture", async (t) => {
	const { get } = await bootListener(t);
	t.regex((await get(`/ipxe?${WHO}&buildarch=arm32`, IPXE)).body, /^echo rollcall: there is no agent for arm32, only/m);
	t.regex((await get(`/ipxe?${WHO}&buildarch=arm64`, IPXE)).body, /^echo .*no agent for arm64 among the assets/m);
	t.regex((await get(`/ipxe?${WHO}&buildarch=i386`, IPXE)).body, /token=b1\./);
	t.regex((await get(`/ipxe?${WHO}&os=old&buildarch=arm32`, IPXE)).body, /assets\/plain\/vmlinuz/);
});

test("a machine of a menu group chooses first, and gets its token only then", async (t) => {
	const { core, get } = await bootListener(t);
	core.machines.set(MAC, { labels: { room: "desk" } });
	const menu = await get(`/ipxe?${WHO}`, IPXE);
	t.true(menu.body.includes("item entry-disk The disk\n"));
	t.false(menu.body.includes("token"));
	const url = /^chain (\S+menu=roll)/m.exec(menu.body)?.[1]?.replace("http://192.0.2.1:8080", "") ?? "";
	t.regex((await get(url, IPXE)).body, /ignition\?uuid=\S+&token=b1\./);
	t.true((await get(`/ipxe?${WHO}&menu=old`)).body.includes("/assets/plain/vmlinuz"));
	t.like(await get(`/ipxe?${WHO}&menu=disk`), { status: 404 });
	core.machines.clear();
	// Who has no menu cannot choose by writing a URL.
	t.like(await get(`/ipxe?${WHO}&menu=old`), { status: 404 });
});

test("no boot URL gives a secret to who has no token", async (t) => {
	const { get } = await bootListener(t);
	await get(`/ignition?${WHO}&token=${"x".repeat(200)}`);
	for (const url of [
		"/boot.ipxe",
		`/ignition?${WHO}`,
		`/cloud-init/user-data?${WHO}&os=cloud`,
		`/cloud-init/meta-data?${WHO}`,
		`/metadata?${WHO}`,
		"/alpine/overlay.apkovl.tar.gz?os=old",
		"/ignition?os=old",
	]) {
		const answer = await get(url);
		t.notRegex(
			answer.body,
			/BEGIN [A-Z ]*PRIVATE|eyJ[A-Za-z0-9_-]{20}|\bSU[A-Z2-7]{40}|\be1\.[a-z0-9]+\.|enroll-token/,
			url,
		);
	}
});

test("an address that asks too often is told to come again, and others are served", async (t) => {
	const requests = rateLimit({ burst: 3, perSecond: 1 }, { monotonic: () => 0 }, 16);
	const { app } = await bootListener(t, {}, { requests });
	const ask = (remoteAddress: string) => app.inject({ url: "/boot.ipxe", remoteAddress });
	for (let n = 0; n < 3; n++) t.is((await ask("192.0.2.1")).statusCode, 200);
	const refused = await ask("192.0.2.1");
	t.is(refused.statusCode, 503);
	t.is(refused.headers["retry-after"], "1");
	t.is((await ask("192.0.2.2")).statusCode, 200);
});

test("HEAD is answered as GET is, without a body, and is no stage of a boot", async (t) => {
	const { app, boot, core, get } = await bootListener(t);
	const ignition = await boot(WHO, "ignition.config.url=");
	const before = core.sightings.length;
	const paths = [
		"/",
		"/boot.ipxe",
		`/ipxe?${WHO}`,
		"/ipxe?mac=zz",
		ignition,
		`/ignition?${WHO}`,
		`/metadata?${WHO}`,
		"/cloud-init/vendor-data",
	];
	for (const url of paths) {
		const head = await app.inject({ method: "HEAD", url, remoteAddress: "192.0.2.77" });
		t.is(core.sightings.length, before, url);
		const { status, headers } = await get(url);
		t.is(head.statusCode, status, url);
		t.is(head.headers["content-type"], headers["content-type"], url);
		t.is(head.body, "", url);
		core.sightings.length = before;
	}
	t.is((await app.inject({ method: "HEAD", url: "/nothing", remoteAddress: "192.0.2.77" })).statusCode, 404);
});
