import { Document, isScalar, Scalar, visit } from "yaml";

// Line breaks for YAML 1.1 readers (kubelet's is one), and what YAML calls not printable (YAML 1.2.2, 5.1).
const UNSAFE =
	/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const UNSAFE_EACH = new RegExp(UNSAFE, "g");
// Readers differ about leading and trailing breaks of blocks; in quotes they cannot.
const QUOTED = /[\n\r\t]/;

/**
 * YAML of a plain value, block style, keys in the order given. Readers of YAML 1.1 and 1.2 get the same value back: texts
 * that one of them would take for something else (`yes`, `0777`, `12:30`) are quoted, and characters that one of them
 * would fold are escaped.
 */
export function yamlText(value: unknown): string {
	const document = new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
	visit(document, {
		Scalar(_, node) {
			if (!isScalar(node) || typeof node.value !== "string") return;
			if (UNSAFE.test(node.value) || QUOTED.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
		},
	});
	const text = document.toString({ lineWidth: 0, indentSeq: true, doubleQuotedAsJSON: true });
	return text.replaceAll(UNSAFE_EACH, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
