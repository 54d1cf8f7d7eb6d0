import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createMessage, generateKey, type PrivateKey, sign } from "openpgp";
import { startAssetScene, startMirror } from "../support/asset-scene.ts";

const sha = (algorithm: "sha256" | "sha512", bytes: Buffer) => createHash(algorithm).update(bytes).digest("hex");

/** What the makers have, by host and path: files, and beside them the sums in each maker's own way. */
function releases(arch: "amd64" | "arm64" = "amd64"): Map<string, Buffer> {
	const tree = new Map<string, Buffer>();
	const put = (path: string, sums: (bytes: Buffer, file: string) => [string, string]) => {
		const bytes = randomBytes(70_000);
		const [name, text] = sums(bytes, path.replace(/^.*\//, ""));
		tree.set(path, bytes);
		tree.set(join(dirname(path), name), Buffer.from(text));
	};
	const k8s = `dl.k8s.io/v1.36.2/bin/linux/${arch}`;
	for (const program of ["kubelet", "kubectl"])
		put(`${k8s}/${program}`, (bytes, file) => [`${file}.sha256`, sha("sha256", bytes)]);
	const github = (project: string, version: string, file: string) =>
		`github.com/${project}/releases/download/v${version}/${file}`;
	put(github("kubernetes-sigs/cri-tools", "1.36.0", `crictl-v1.36.0-linux-${arch}.tar.gz`), (bytes, file) => [
		`${file}.sha256`,
		`${sha("sha256", bytes)}\n`,
	]);
	put(github("containerd/containerd", "2.3.4", `containerd-2.3.4-linux-${arch}.tar.gz`), (bytes, file) => [
		`${file}.sha256sum`,
		`${sha("sha256", bytes)}  ${file}\n`,
	]);
	put(github("opencontainers/runc", "1.4.3", `runc.${arch}`), (bytes, file) => [
		"runc.sha256sum",
		`${"0".repeat(64)} *runc.other\n${sha("sha256", bytes)} *${file}\n`,
	]);
	put(github("containernetworking/plugins", "1.9.1", `cni-plugins-linux-${arch}-v1.9.1.tgz`), (bytes, file) => [
		`${file}.sha256`,
		`${sha("sha256", bytes)}  ${file}\n`,
	]);
	const flatcar = `stable.release.flatcar-linux.net/${arch}-usr`;
	tree.set(`${flatcar}/current/version.txt`, Buffer.from("FLATCAR_BUILD=4593\nFLATCAR_VERSION=4593.1.0\n"));
	for (const file of ["flatcar_production_pxe.vmlinuz", "flatcar_production_pxe_image.cpio.gz"])
		put(`${flatcar}/4593.1.0/${file}`, (bytes) => [
			`${file}.DIGESTS`,
			`# MD5 HASH\n${"0".repeat(32)}  ${file}\n# SHA512 HASH\n${sha("sha512", bytes)}  ${file}\n`,
		]);
	const fedora = arch === "amd64" ? "x86_64" : "aarch64";
	const build = `builds.coreos.fedoraproject.org/prod/streams/stable/builds/44.20260801.3.0/${fedora}`;
	const pxe = Object.fromEntries(
		[
			["kernel", `kernel.${fedora}`],
			["initramfs", `initramfs.${fedora}.img`],
			["rootfs", `rootfs.${fedora}.img`],
		].map(([kind, end]) => {
			const [path, bytes] = [`${build}/fedora-coreos-44.20260801.3.0-live-${end}`, randomBytes(50_000)];
			tree.set(path, bytes);
			return [kind, { location: `https://${path}`, signature: "", sha256: sha("sha256", bytes) }];
		}),
	);
	const metal = { release: "44.20260801.3.0", formats: { pxe } };
	const stream = { stream: "stable", architectures: { [fedora]: { artifacts: { metal } } } };
	tree.set("builds.coreos.fedoraproject.org/streams/stable.json", Buffer.from(JSON.stringify(stream)));
	return tree;
}

async function scene(t: ExecutionContext) {
	const { folder, run } = await startAssetScene(t);
	const names = async () =>
		(JSON.parse((await run("assets", "list", "-o", "json")).stdout) as { assets: { name: string }[] }).assets
			.map(({ name }) => name)
			.filter((name) => !name.startsWith("rollcall/"));
	return { folder, run, names };
}

/** A web server with the makers' layout, below their host names. `broken`: files whose connection ends in the middle. */
function mirror(t: ExecutionContext, tree: Map<string, Buffer>, broken: Set<string>): Promise<string> {
	return startMirror(t, (request, response) => {
		const path = decodeURIComponent(request.url ?? "").replace(/^\//, "");
		const bytes = tree.get(path);
		response.writeHead(bytes ? 200 : 404, { "content-length": bytes?.length ?? 0 });
		if (!bytes || request.method === "HEAD" || !broken.has(path)) response.end(bytes);
		else response.write(bytes.subarray(0, 1000), () => response.destroy());
	});
}

test("a release is brought from a mirror of its makers, each file by its sum; wrong ones and broken downloads are not kept", async (t) => {
	const { folder, run, names } = await scene(t);
	const tree = releases();
	const broken = new Set<string>();
	const from = await mirror(t, tree, broken);
	const kubelet = "dl.k8s.io/v1.36.2/bin/linux/amd64/kubelet";
	const kubectl = kubelet.replace("kubelet", "kubectl");
	const fetchKubernetes = () => run("assets", "fetch", "kubernetes", "1.36.2", "--from", from);

	const good = tree.get(kubelet) ?? Buffer.alloc(0);
	tree.set(kubelet, Buffer.from("another program"));
	const wrong = await fetchKubernetes();
	t.is(wrong.code, 1);
	t.regex(wrong.stderr, /kubernetes\/v1\.36\.2\/amd64\/kubelet: its sha256 is/);
	t.deepEqual(await names(), []);

	tree.set(kubelet, good);
	broken.add(kubectl);
	const cut = await fetchKubernetes();
	t.is(cut.code, 1);
	t.regex(
		cut.stderr,
		/kubectl: http:.*\/kubectl broke off after \d+ of 70000 bytes: the connection was cut off\n {2}next: try again/,
	);
	t.deepEqual(await names(), ["kubernetes/v1.36.2/amd64/kubelet"]);

	broken.clear();
	const done = await fetchKubernetes();
	t.is(done.code, 0, done.stderr);
	t.regex(done.stdout, /kubelet: kept already/);
	t.deepEqual(await names(), [
		"cni-plugins/v1.9.1/amd64/cni-plugins-linux-amd64-v1.9.1.tgz",
		"containerd/v2.3.4/amd64/containerd-2.3.4-linux-amd64.tar.gz",
		"crictl/v1.36.0/amd64/crictl-v1.36.0-linux-amd64.tar.gz",
		"kubernetes/v1.36.2/amd64/kubectl",
		"kubernetes/v1.36.2/amd64/kubelet",
		"runc/v1.4.3/amd64/runc",
	]);
	t.regex(done.stderr, /asset: runc\/v1\.4\.3\/amd64\/runc/);
	const printed = done.stderr.slice(done.stderr.indexOf("  artifacts:\n"));
	const document = join(folder, "cluster.yaml");
	const head = 'apiVersion: rollcall/v1\nkind: Cluster\nname: lab\nkubernetes:\n  version: "1.36.2"\n';
	writeFileSync(document, `${head}${printed}slots:\n  - { name: w, role: worker, count: 1 }\n`);
	const applied = await run("apply", "-f", document, "--yes");
	t.is(applied.code, 0, applied.stderr);

	tree.delete(`${kubelet}.sha256`);
	const without = await run("assets", "fetch", "kubernetes", "1.36.2", "--from", from);
	t.is(without.code, 1);
	t.regex(without.stderr, /kubelet\.sha256 cannot be fetched: it answered 404/);
});

test("kernels come by channel or release, also from a folder and an archive, whose files are uploaded", async (t) => {
	const { folder, run, names } = await scene(t);
	const tree = new Map([...releases(), ...releases("arm64")]);
	const base = join(folder, "releases");
	for (const [path, bytes] of tree) {
		mkdirSync(dirname(join(base, path)), { recursive: true });
		writeFileSync(join(base, path), bytes);
	}
	const archive = join(folder, "releases.tar.gz");
	t.is(spawnSync("tar", ["-C", base, "-czf", archive, "."]).status, 0);
	for (const words of [
		["flatcar", "stable", "--from", base],
		["flatcar", "4593.1.0", "--arch", "arm64", "--from", archive],
		["kubernetes", "1.36.2", "--arch", "arm64", "--from", archive],
		["fedora-coreos", "stable", "--arch", "arm64", "--from", archive],
	]) {
		const ended = await run("assets", "fetch", ...words);
		t.is(ended.code, 0, ended.stderr);
		if (words[0] === "flatcar")
			t.regex(ended.stderr, /the boot document names them, .*\n {2}\/assets\/flatcar\/4593\.1\.0\/.*vmlinuz\n/);
	}
	const kept = await names();
	for (const name of [
		"flatcar/4593.1.0/flatcar_production_pxe.vmlinuz",
		"flatcar/4593.1.0/arm64/flatcar_production_pxe_image.cpio.gz",
		"kubernetes/v1.36.2/arm64/kubelet",
		"fedora-coreos/fedora-coreos-44.20260801.3.0-live-rootfs.aarch64.img",
	])
		t.true(kept.includes(name), name);
	writeFileSync(join(base, "stable.release.flatcar-linux.net/amd64-usr/4593.1.0/flatcar_production_pxe.vmlinuz"), "x");
	t.is((await run("assets", "remove", "flatcar/4593.1.0/flatcar_production_pxe.vmlinuz")).code, 0);
	const wrong = await run("assets", "fetch", "flatcar", "4593.1.0", "--from", base);
	t.is(wrong.code, 1);
	t.regex(wrong.stderr, /its sha512 is/);
	for (const [words, why] of [
		[["kubernetes", "1.12", "--from", base], /only 1\.34, 1\.35, 1\.36/],
		[["flatcar", "4593.1.1", "--from", base], /DIGESTS is not there/],
		[["kubernetes", "1.36.2", "--channel", "beta", "--from", base], /--channel is for flatcar/],
		[["debian", "13", "--from", base], /none of kubernetes, flatcar, fedora-coreos/],
		[["fedora-coreos", "rawhide", "--from", base], /neither a release nor one of/],
	] as const) {
		const ended = await run("assets", "fetch", ...words);
		t.is(ended.code, 2, ended.stderr);
		t.regex(ended.stderr, why);
	}
});

/** The makers' trees with the signatures of Flatcar, Fedora CoreOS and runc. */
async function signedReleases(key: PrivateKey): Promise<Map<string, Buffer>> {
	const tree = releases();
	for (const [path, bytes] of [...tree]) {
		const isSigned = /flatcar_production_[^/]*(?:vmlinuz|cpio\.gz)$|-live-|runc\.amd64$/.test(path);
		if (!isSigned) continue;
		const isArmored = path.endsWith("runc.amd64");
		tree.set(`${path}${isArmored ? ".asc" : ".sig"}`, await detached(key, bytes, isArmored));
	}
	return tree;
}

async function detached(key: PrivateKey, bytes: Buffer, isArmored: boolean): Promise<Buffer> {
	const wish = { message: await createMessage({ binary: bytes }), signingKeys: key, detached: true } as const;
	return isArmored ? Buffer.from(await sign(wish)) : Buffer.from(await sign({ ...wish, format: "binary" }));
}

test("with a maker's key what it signs comes with its signature alone; without one it is said that nobody checked", async (t) => {
	const { folder, run, names } = await scene(t);
	const generate = async () =>
		(await generateKey({ type: "rsa", rsaBits: 2048, userIDs: [{ name: "Maker" }], format: "object" })).privateKey;
	const [key, other] = [await generate(), await generate()];
	const id = key.getKeyID().toHex().toUpperCase();
	const tree = await signedReleases(key);
	const from = await mirror(t, tree, new Set());
	const ring = join(folder, "makers.gpg");
	writeFileSync(ring, Buffer.concat([other, key].map((one) => Buffer.from(one.toPublic().write()))));
	const flatcar = (...words: string[]) => run("assets", "fetch", "flatcar", "4593.1.0", "--from", from, ...words);
	const kernel = "stable.release.flatcar-linux.net/amd64-usr/4593.1.0/flatcar_production_pxe.vmlinuz";
	const image = kernel.replace(".vmlinuz", "_image.cpio.gz");
	const change = (path: string, bytes: Buffer) => {
		tree.set(path, bytes);
		tree.set(`${path}.DIGESTS`, Buffer.from(`${sha("sha512", bytes)}  ${path.replace(/^.*\//, "")}\n`));
	};

	const unchecked = await flatcar();
	t.is(unchecked.code, 0, unchecked.stderr);
	t.regex(
		unchecked.stderr,
		/not checked: flatcar_production_pxe\.vmlinuz, flatcar_production_pxe_image\.cpio\.gz; put .*makers-keys.*; the maker's key is not there: /,
	);
	const again = await flatcar("--keyring", ring);
	t.is(again.code, 0, again.stderr);
	t.regex(again.stdout, /vmlinuz: 68\.4 KiB, checked by sha512 and signature/);
	t.notRegex(again.stderr, /not checked/);
	t.regex((await flatcar("--keyring", ring)).stdout, /vmlinuz: kept already/);

	// Who has the mirror changes file and sum alike.
	change(kernel, randomBytes(60_000));
	const changed = await flatcar("--keyring", ring);
	t.is(changed.code, 1);
	t.regex(changed.stderr, new RegExp(`vmlinuz: the signature with the key ${id} is not of this content`));
	// An image in the kernel's place is signed, and not by its name.
	tree.set(`${kernel}.sig`, tree.get(`${image}.sig`) ?? Buffer.alloc(0));
	t.regex((await flatcar("--keyring", ring)).stderr, /is not of this content/);
	tree.set(`${kernel}.sig`, (tree.get(`${image}.sig`) ?? Buffer.alloc(0)).subarray(0, 100));
	t.regex(
		(await flatcar("--keyring", ring)).stderr,
		/vmlinuz: its maker's signature https:.*\.sig does not count: it is no whole OpenPGP/,
	);
	tree.delete(`${kernel}.sig`);
	t.regex(
		(await flatcar("--keyring", ring)).stderr,
		/vmlinuz: its maker's signature is missing: .*vmlinuz\.sig cannot be fetched/,
	);
	const before = await names();

	writeFileSync(ring, other.toPublic().armor());
	for (const words of [
		["fedora-coreos", "stable"],
		["kubernetes", "1.36.2"],
	]) {
		const ended = await run("assets", "fetch", ...words, "--from", from, "--keyring", ring);
		t.is(ended.code, 1);
		t.regex(ended.stderr, new RegExp(`made with the key ${id}, which is none of those`));
	}
	t.deepEqual(await names(), before);
	writeFileSync(ring, key.toPublic().armor());
	for (const [words, file] of [
		[["fedora-coreos", "stable"], "live-rootfs.x86_64.img"],
		[["kubernetes", "1.36.2"], "runc/v1.4.3/amd64/runc"],
	] as const) {
		const ended = await run("assets", "fetch", ...words, "--from", from, "--keyring", ring);
		t.is(ended.code, 0, ended.stderr);
		t.regex(ended.stdout, new RegExp(`${file}: .*checked by sha256 and signature`));
	}
	const [file, signature] = ["kernel", "kernel.sig"].map((name) => join(folder, name));
	writeFileSync(file ?? "", "mine");
	writeFileSync(signature ?? "", await detached(key, Buffer.from("mine"), false));
	const add = () => run("assets", "add", "a/kernel", file ?? "", "--signature", signature ?? "", "--public-key", ring);
	t.regex((await add()).stdout, /checked by sha256 and signature|checked by signature/);
	writeFileSync(file ?? "", "another's");
	t.regex(
		(await run("assets", "add", "b", file ?? "", "--signature", signature ?? "", "--public-key", ring)).stderr,
		/is not of this content/,
	);
});
