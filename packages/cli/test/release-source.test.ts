import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { releaseSource, textOf } from "../src/assets/release-source.ts";

const MAKERS = "https://dl.k8s.io/v1.36.2/bin/linux/amd64";

/** A mirror that has these files, and answers with `missing` to what it has not. */
async function mirror(t: ExecutionContext, files: Record<string, string>, missing: number): Promise<string> {
	const server = createServer(({ url = "" }, response) => {
		const text = files[url];
		response.writeHead(text === undefined ? missing : 200).end(text);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => server.close());
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// A store of objects answers 403 to whoever may read, and may not list.
for (const missing of [404, 403, 410]) {
	test(`a mirror that has the makers' paths alone is found, where it answers ${missing} to what is not there`, async (t) => {
		const path = "/v1.36.2/bin/linux/amd64/kubelet";
		const base = await mirror(t, { [path]: "program", [`${path}.sha256`]: "sum" }, missing);
		const source = await releaseSource(`${base}/`);
		t.is(await textOf(source, `${MAKERS}/kubelet.sha256`), "sum");
		for await (const found of source.files([{ name: "kubelet", url: `${MAKERS}/kubelet` }]))
			t.is("url" in found ? found.url : "", base + path);
		await t.throwsAsync(() => source.bytes(`${MAKERS}/kubectl.sha256`), {
			message: `${base}/dl.k8s.io/v1.36.2/bin/linux/amd64/kubectl.sha256 cannot be fetched: it answered ${missing}, there and at the mirror's other paths`,
		});
	});
}

test("a mirror's URL with a password is refused at once, and nobody is shown the password", async (t) => {
	const error = await t.throwsAsync(() => releaseSource("https://somebody:secret@mirror.example/releases"));
	t.regex(error?.message ?? "", /https:\/\/mirror\.example\/releases: .*password/);
	t.notRegex(`${error?.message} ${(error as { next?: string }).next}`, /secret/);
});

test("what the makers' paths cannot come behind is refused, and so is what is neither file nor folder", async (t) => {
	for (const from of ["http://mirror.example/releases?token=x", "http://mirror.example/#x"])
		await t.throwsAsync(() => releaseSource(from), { message: /cannot stand before the makers' paths$/ });
	await t.throwsAsync(() => releaseSource("/dev/zero"), { message: "/dev/zero: it is no regular file" });
});
