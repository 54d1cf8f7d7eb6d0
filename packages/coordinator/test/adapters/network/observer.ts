/** Answers whoever asks with the MAC that it is observed with. A program of its own, since it runs in a network namespace: `node observer.ts ADDRESS`. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { neighbourMac } from "../../../src/adapters/network/neighbours.ts";

const server = createServer((request, response) => {
	void neighbourMac(request.socket.remoteAddress ?? "").then((mac) => response.end(mac ?? "nobody"));
});
server.listen(0, process.argv[2], () => console.log((server.address() as AddressInfo).port));
process.stdin.on("end", () => process.exit(0)).resume();
