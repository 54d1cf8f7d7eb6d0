import { once } from "node:events";
import { request } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { listen } from "../../../src/adapters/http/listen.ts";
import type { Shown } from "../../../src/adapters/http/secure-front.ts";
import { openListenerAuthority } from "../../../src/adapters/pki/listener-authority.ts";
import { issuePair } from "../../../src/adapters/pki/listener-pair.ts";
import { TOKENS } from "./fixed-core.ts";
import { raw } from "./raw-connection.ts";
import { bearer, type TestWish, testApi } from "./setup.ts";
import { open } from "./stream-client.ts";

/** An API over HTTPS, and how to have it show another certificate. */
async function secured(t: ExecutionContext, wish: TestWish = {}) {
	const authority = await openListenerAuthority(ownFolder(t));
	const issue = () => issuePair(authority, { names: ["127.0.0.1"], now: Date.now() });
	let current: Shown = await issue();
	const listeners: ((shown: Shown) => void)[] = [];
	const tls = { current: () => current, onReplaced: (one: (shown: Shown) => void) => void listeners.push(one) };
	const api = testApi(t, { ...wish, deps: { tls } });
	const url = await listen(api.app);
	const replace = async (): Promise<void> => {
		current = await issue();
		for (const listener of listeners) listener(current);
	};
	return { api, url, ca: authority.certificate, replace };
}

/** The TLS connection of a client; it is there when its handshake is done. */
async function secureSocket(t: ExecutionContext, url: string, options: ConnectionOptions) {
	const { hostname, port } = new URL(url);
	const socket = connect({ host: hostname, port: Number(port), ...options });
	t.teardown(() => socket.destroy());
	await once(socket, "secureConnect");
	return socket;
}

/** One request on a connection of its own: its status, and the serial number of the certificate that was shown. */
function asked(url: string, ca: string): Promise<{ status: number | undefined; serial: string }> {
	return new Promise((resolve, reject) => {
		const sent = request(`${url}/healthz`, { ca, agent: false }, (answer) => {
			const { serialNumber } = (answer.socket as TLSSocket).getPeerCertificate();
			answer.resume().once("end", () => resolve({ status: answer.statusCode, serial: serialNumber }));
		});
		sent.once("error", reject).end();
	});
}

test("the API answers over HTTPS to who believes its authority, and to nobody else", async (t) => {
	const { url, ca } = await secured(t);
	t.regex(url, /^https:/);
	t.is((await asked(url, ca)).status, 200);
	const other = await secured(t);
	await t.throwsAsync(asked(url, other.ca), { message: /self-signed|unable to|signature/ });
});

test("another certificate is shown to new connections, and an open event stream goes on", async (t) => {
	const { api, url, ca, replace } = await secured(t);
	const stream = open(t, `${url.replace("https:", "wss:")}/v1/events`, { headers: bearer(TOKENS.read), ca });
	await eventually("the stream", () => stream.socket.readyState === stream.socket.OPEN);
	const { serial } = await asked(url, ca);
	await replace();
	t.not((await asked(url, ca)).serial, serial);
	api.core.recordMany(1);
	await eventually("an event on the old connection", () => stream.seqs().length > 0);
	t.deepEqual(stream.closed, []);
});

test("plain HTTP to the port is told what to do", async (t) => {
	const { url } = await secured(t);
	const { socket, ended } = raw(t, url);
	socket.write("GET /v1/machines HTTP/1.1\r\nhost: x\r\n\r\n");
	t.regex(await ended, /^HTTP\/1\.1 400 .*speaks HTTPS alone.*https:\/\//s);
});

test("nothing below TLS 1.2 is spoken", async (t) => {
	const { url, ca } = await secured(t);
	for (const version of ["TLSv1", "TLSv1.1"] as const)
		await t.throwsAsync(
			secureSocket(t, url, { ca, minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" }),
			undefined,
			version,
		);
	for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
		const socket = await secureSocket(t, url, { ca, minVersion: version, maxVersion: version });
		t.is(socket.getProtocol(), version);
		t.regex(socket.getCipher().standardName, /GCM|CHACHA20/);
	}
});

test("connections that never speak, or never end their handshake, are cut off, and keep nobody from stopping", async (t) => {
	const { url } = await secured(t, { limits: { headersTimeoutMs: 200, connectionCheckMs: 20 } });
	const silent = raw(t, url);
	const half = raw(t, url);
	half.socket.write(Buffer.from("160301020001", "hex"));
	t.is(await silent.ended, "");
	await half.ended;
	const patient = await secured(t);
	const left = [raw(t, patient.url), raw(t, patient.url)];
	left[1]?.socket.write(Buffer.from("160301020001", "hex"));
	await Promise.all(left.map(({ socket }) => (socket.connecting ? once(socket, "connect") : undefined)));
	await patient.api.app.close();
	await Promise.all(left.map(({ ended }) => ended));
	t.pass();
});

test("what is neither HTTP nor TLS does not disturb others", async (t) => {
	const { url, ca } = await secured(t);
	for (const bytes of ["00", "1603", "160301ffff00", "16030100050100000100", "ff".repeat(400)]) {
		const { socket, ended } = raw(t, url);
		socket.end(Buffer.from(bytes, "hex"));
		await ended;
	}
	t.is((await asked(url, ca)).status, 200);
});
