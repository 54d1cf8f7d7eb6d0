"use strict";
/**
 * What an agent says before it has a role, by Node's own modules alone and without reading any of it: a key pair, a signed question over
 * HTTP, a connection that is greeted and answers with a signature, and a question there. `node client.cjs HTTP_PORT BUS_PORT`.
 */
const { generateKeyPairSync, sign } = require("node:crypto");
const { request } = require("node:http");
const { connect } = require("node:net");

const [, , httpPort, busPort] = process.argv;
const { privateKey } = generateKeyPairSync("ed25519");
const signed = (text) => sign(null, Buffer.from(text), privateKey).toString("base64");
const claim = JSON.stringify({ facts: "x".repeat(3_000) });
const body = JSON.stringify({ claim, signature: signed(claim) });
const headers = { "content-type": "application/json", "content-length": body.length };

request({ host: "127.0.0.1", port: httpPort, method: "POST", headers, agent: false }, (response) => {
	response.resume();
	response.once("end", () => {
		const bus = connect(busPort, "127.0.0.1");
		// After the greeting, after what it says to the signature, after the answer.
		const say = [() => bus.write(`CONNECT ${signed("nonce")}\r\n`), () => bus.write(body), () => process.exit(0)];
		bus.on("data", () => say.shift()?.());
	});
}).end(body);
