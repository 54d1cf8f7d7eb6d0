import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { ROOT } from "@rollcall/test-support/part";
import test, { type ExecutionContext } from "ava";
import { IMAGE_COMPONENTS, imageOf } from "../../../src/render/images.ts";
import { renderTarget } from "../../../src/render/render-target.ts";
import { findVersion } from "../../../src/render/versions.ts";
import { CONTAINERD, debian, REGISTRY } from "../../boot/programs/debian.ts";
import { documentOf, example, fleetOf, labFacts } from "../fleet-of.ts";
import { readTree } from "../node-tree.ts";
import { askForImage, pushImage } from "./image.ts";
import { DEPLOYED, environment, type Registry, startContainerd, startRegistry } from "./programs.ts";

const REPOSITORY = "lab/hello";

/** A registry with an image, and a pull-through cache of it. */
async function scene(t: ExecutionContext) {
	const upstream = await startRegistry(t);
	const cache = await startRegistry(t, upstream);
	await pushImage(upstream, REPOSITORY, "v1");
	await pushImage(upstream, REPOSITORY, "v2");
	return { upstream, cache };
}

/** Until all of one image lies in the cache: what is written when the registry is gone already never comes. */
async function kept(cache: Registry): Promise<void> {
	await eventually("a manifest, a configuration and a layer in the cache", async () => {
		const count = await cache.stored();
		if (count < 3) throw new Error(`${count} blobs`);
		return true;
	});
}

/** The `hosts.toml` files that a worker gets with this mirror of registry.k8s.io, in a folder of their own. */
async function hostsFolder(t: ExecutionContext, { url }: Registry): Promise<string> {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
volumes: {}
images: { mirrors: [{ registry: registry.k8s.io, endpoints: ["${url}"], fallback: false }] }
slots:
  - { name: workers, role: worker, count: 1 }
`);
	const { fleet, seated } = fleetOf(document, [labFacts(0)]);
	const [place] = seated;
	const rendered = place && renderTarget(fleet, place.machine, place.seat);
	if (!rendered?.ok) throw new Error("no target");
	const file = "registry.k8s.io/hosts.toml";
	const folder = ownFolder(t);
	await mkdir(dirname(join(folder, file)));
	await writeFile(join(folder, file), readTree(rendered.content).text(`/etc/containerd/certs.d/${file}`));
	return folder;
}

const registry = await debian(REGISTRY);

testNeeding(registry)(
	"13: what came through the cache once comes out of it when the registry is gone, and nobody can put anything into it",
	async (t) => {
		const { upstream, cache } = await scene(t);
		t.deepEqual(await askForImage(cache, REPOSITORY, "v1"), [200, 200, 200]);
		await t.throwsAsync(pushImage(cache, REPOSITORY, "v3"));
		await kept(cache);
		await upstream.stop();
		t.deepEqual(await askForImage(cache, REPOSITORY, "v1"), [200, 200, 200]);
		t.not((await askForImage(cache, REPOSITORY, "v2"))[0], 200);
		const ends = await eventually("the ends of all that is kept", async () => {
			const known = await cache.ends();
			if (known.length < 3) throw new Error(`${known.length} ends`);
			return known;
		});
		const week = Date.now() + 7 * 86_400_000;
		t.true(ends.every((end) => end > week - 3_600_000 && end <= week));
	},
);

testNeeding(
	registry,
	ROOT,
	await debian(CONTAINERD),
)(
	"13: containerd pulls through the cache by the hosts.toml that a node gets, and another node after the registry is gone",
	async (t) => {
		const node = await startContainerd(t);
		const { upstream, cache } = await scene(t);
		const hosts = await hostsFolder(t, cache);
		const image = (tag: string) => `registry.k8s.io/${REPOSITORY}:${tag}`;
		const first = await node.pull(image("v1"), hosts);
		t.is(first.status, 0, first.output);
		await kept(cache);
		await upstream.stop();
		const other = await startContainerd(t);
		const second = await other.pull(image("v1"), hosts);
		t.is(second.status, 0, second.output);
		const never = await other.pull(image("v2"), hosts);
		t.not(never.status, 0, never.output);
	},
);

test("there is a cache for each registry that images come from, and the example's mirrors are these caches", async (t) => {
	const caches = (await readdir(DEPLOYED)).filter((file) => file.endsWith(".env")).map((file) => file.slice(0, -4));
	const document = example("file-server");
	const version = findVersion(document.kubernetes.version);
	if (!version) return t.fail();
	for (const component of IMAGE_COMPONENTS) {
		const [registry = ""] = imageOf({ document, version }, component).split("/");
		t.true(caches.includes(registry), `${component} comes from ${registry}`);
	}
	const { mirrors } = document.images;
	t.deepEqual(mirrors.map(({ registry }) => registry).sort(), caches.sort());
	for (const { registry, endpoints } of mirrors) {
		const { REGISTRY_HTTP_ADDR, ...rest } = await environment(`${registry}.env`);
		t.deepEqual(endpoints, [`http://${REGISTRY_HTTP_ADDR}`]);
		t.deepEqual(Object.keys(rest).sort(), ["CACHE_MEBIBYTES", "REGISTRY_PROXY_REMOTEURL"]);
	}
});

test("a cache that holds more than it may begins empty, another goes on with what it has", async (t) => {
	const folder = ownFolder(t);
	await mkdir(join(folder, "docker/registry"), { recursive: true });
	await writeFile(join(folder, "docker/registry/blob"), Buffer.alloc(3 * 2 ** 20));
	const start = (mebibytes: number) => {
		const env = { ...process.env, STATE_DIRECTORY: folder, CACHE_MEBIBYTES: String(mebibytes) };
		const { status, stdout, stderr } = spawnSync("/bin/sh", [join(DEPLOYED, "bound-storage.sh")], {
			env,
			encoding: "utf8",
		});
		t.is(status, 0, stderr);
		return stdout;
	};
	t.is(start(10), "");
	t.deepEqual(await readdir(folder), ["docker"]);
	t.regex(start(2), /^the cache has \d MiB of at most 2: it begins empty$/m);
	t.deepEqual(await readdir(folder), []);
});
