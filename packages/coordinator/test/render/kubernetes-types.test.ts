import test from "ava";
import { coreAddOns } from "../../src/render/addons/core-add-ons.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf } from "./fleet-of.ts";
import { GOLDEN_CASES } from "./golden-cases.ts";
import { addOnMisfits, misfits } from "./kubernetes-types.ts";
import { readTree } from "./node-tree.ts";

for (const one of GOLDEN_CASES) {
	test(`every manifest of ${one.name} has only fields that the Kubernetes API has, with its types`, (t) => {
		const document = documentOf(one.document);
		const { fleet, seated } = fleetOf(document, one.facts);
		const place = seated[one.seat];
		if (!place) return t.fail();
		const rendered = renderTarget(fleet, place.machine, place.seat);
		if (!rendered.ok) return t.fail(rendered.reason);
		const { pods } = readTree(rendered.content);
		t.deepEqual(
			pods.flatMap(({ path, pod }) => misfits(pod, "V1Pod", path)),
			[],
		);
		t.deepEqual(addOnMisfits(coreAddOns(document)), []);
	});
}

test("objects of a kind that is not defined before them are found", (t) => {
	const pool = { apiVersion: "crd.projectcalico.org/v1", kind: "IPPool", metadata: { name: "a" }, spec: { cdir: "" } };
	t.deepEqual(addOnMisfits([pool]), [
		"IPPool a: its kind is not defined before it",
		"IPPool a.spec.cdir: there is no such field",
	]);
});

test("a field that does not exist, and a value of another type, are found", (t) => {
	const pod = { apiVersion: "v1", kind: "Pod", spec: { containers: [{ name: 1, imagePolicy: "Always" }] } };
	t.deepEqual(misfits(pod, "V1Pod"), [
		"V1Pod.spec.containers[0].name: string is wanted",
		"V1Pod.spec.containers[0].imagePolicy: V1Container has no such field",
	]);
});
