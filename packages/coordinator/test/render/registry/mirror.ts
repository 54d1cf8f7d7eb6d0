import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import type { ExecutionContext } from "ava";
import { hostsText, mirrorOf } from "../../../src/render/mirrors.ts";
import { renderTarget } from "../../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "../fleet-of.ts";
import { selfSigned } from "../self-signed.ts";
import type { Registry } from "./programs.ts";

/**
 * A cache that serves the registry below the path `/v2/hub`, as Harbor does, and below `/plain`; over TLS with an authority of its own.
 * `authorization`: the header without which it answers 401, as registries with accounts do (distribution, htpasswd).
 */
export async function startCache(
	t: ExecutionContext,
	upstream: Registry,
	authorization?: string,
): Promise<{ url: string; cert: string }> {
	const { cert, key } = await selfSigned();
	const server = createServer({ cert, key }, async (request, response) => {
		if (authorization !== undefined && request.headers.authorization !== authorization) {
			response.writeHead(401, { "www-authenticate": 'Basic realm="cache"' }).end();
			return;
		}
		const path = request.url?.replace(/^\/v2\/hub\/(?!v2\/)/, "/v2/").replace(/^\/plain\/v2\//, "/v2/");
		if (path === request.url) {
			response.writeHead(404).end();
			return;
		}
		const answer = await fetch(`${upstream.url}${path}`, {
			method: request.method ?? "GET",
			headers: { accept: request.headers.accept ?? "*/*" },
		});
		const kept = ["content-type", "content-length", "docker-content-digest"];
		response.writeHead(
			answer.status,
			Object.fromEntries(
				kept.flatMap((name) => [[name, answer.headers.get(name) ?? ""]].filter(([, value]) => value !== "")),
			),
		);
		response.end(Buffer.from(await answer.arrayBuffer()));
	});
	t.teardown(
		() =>
			new Promise((resolve) => {
				server.close(() => resolve(undefined));
				server.closeAllConnections();
			}),
	);
	await once(server.listen(0, "127.0.0.1"), "listening");
	return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, cert };
}

/** The files of a registry's mirrors that a worker gets, in a folder of their own; `authorization` is what its account sends. */
export async function hostsFolder(t: ExecutionContext, mirror: object, authorization?: string): Promise<string> {
	const document = documentOf(
		JSON.stringify({
			apiVersion: "rollcall/v1",
			kind: "Cluster",
			name: "lab",
			kubernetes: { version: "1.36" },
			volumes: {},
			images: { mirrors: [{ registry: "docker.io", ...mirror }] },
			slots: [{ name: "w", role: "worker", count: 1 }],
		}),
	);
	const { fleet, seated } = fleetOf(document, [labFacts(0)]);
	const [place] = seated;
	const rendered = place && renderTarget(fleet, place.machine, place.seat);
	if (!rendered?.ok) throw new Error("no target");
	const { files, secrets = [] } = rendered.content;
	const opened = secrets.map((secret) => {
		const of = mirrorOf(document.images, secret);
		return { path: secret.path, content: of ? hostsText(of, authorization) : "" };
	});
	const folder = ownFolder(t);
	const all = [...files, ...opened];
	for (const { path, content } of all.filter((file) => file.path.startsWith("/etc/containerd/certs.d/"))) {
		const at = join(folder, path.slice("/etc/containerd/certs.d/".length));
		await mkdir(dirname(at), { recursive: true });
		await writeFile(at, content);
	}
	return folder;
}
