import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, changed, testRefusals } from "./refusal.ts";

const repository = (text: string) => `${BASE}images: { repository: "${text}" }\n`;
const pause = (text: string) => `${BASE}images: { overrides: { pause: "${text}" } }\n`;

const archives = (...more: string[]) =>
	`${BASE}images: { archives: [${more.map((text) => `{ name: site, sha256: "sha256:${"0".repeat(64)}", sizeBytes: 5, urls: ["http://192.0.2.1/x"]${text} }`).join()}] }\n`;

testRefusals([
	[
		"two archives of one name that a machine would get both",
		archives(", arch: x64", ", roles: [worker]"),
		"images.archives[1].name",
		/another archive is named site/,
		/another name/,
	],
	[
		"a repository of images with a scheme",
		repository("https://mirror.lab.example/k8s"),
		"images.repository",
		/no name that containerd takes/,
		/^write mirror\.lab\.example\/k8s$/,
	],
	["a repository with a tag", repository("mirror.lab/x:1"), "images.repository", /no name/, /like registry/],
	["an image with a scheme", pause("https://lab/x:1"), "images.overrides.pause", /no name/, /^write lab\/x:1$/],
	["an image with two tags", pause("lab/x:1:2"), "images.overrides.pause", /no name/, /busybox/],
	["a Kubernetes of a version to come", changed('"1.36"', '"1.37"'), "kubernetes.version", /not known/, /write 1\.36,/],
]);

test("names that containerd takes are taken", (t) => {
	const digest = `@sha256:${"a".repeat(64)}`;
	for (const image of ["pause:3.10", `lab:5000/a/b__c:v1.2_x${digest}`, `lab/x${digest}`])
		t.like(parseDocument(pause(image)), { ok: true }, image);
	for (const place of ["mirror.lab:5000", "10.0.0.1:5000/k8s", "registry.k8s.io"])
		t.like(parseDocument(repository(place)), { ok: true }, place);
});

test("archives have one name where no machine gets two of them", (t) => {
	for (const one of [
		[", arch: x64", ", arch: arm64"],
		[", roles: [worker]", ", roles: [etcd, control-plane]"],
	])
		t.like(parseDocument(archives(...one)), { ok: true }, one.join());
});
