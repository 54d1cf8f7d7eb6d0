/** What commander says of a command line, in the words of all other errors: what is wrong comes first, and no sentence stands behind another. */
export function usageWords(text: string): string {
	const plain = text
		.replace(/^error: /, "")
		.trim()
		.replace(/\n\(Did you mean (.*)\?\)$/, " (did you mean $1?)");
	for (const [form, words] of FORMS) if (form.test(plain)) return plain.replace(form, words);
	return plain;
}

const FORMS: readonly (readonly [RegExp, string])[] = [
	[/^option '(?:-\w, )?(--[\w-]+)[^']*' argument '([\s\S]*)' is invalid\. ([\s\S]*?)\.?$/, "$1 '$2': $3"],
	[/^command-argument value '([\s\S]*)' is invalid for argument '([\w-]+)'\. ([\s\S]*?)\.?$/, "$2 '$1': $3"],
	[/^option '(?:-\w, )?(--[\w-]+)([^']*)' argument missing$/, "$1 needs a value:$2"],
	[/^required option '(?:-\w, )?(--[^']+)' not specified$/, "$1 is missing"],
	[/^missing required argument '([\w-]+)'$/, "the argument $1 is missing"],
	[/^too many arguments(?: for '[\w-]+')?\. Expected (\d+) arguments?[^:]*: ([\s\S]*?)\.?$/, "too many arguments: $2"],
];
