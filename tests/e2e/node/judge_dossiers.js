// Judges dossiers by schemas/dossier.schema.json through `ajv`, as an editor would. A line of standard input is the JSON text
// of a dossier whose scalars are texts, or with `typed` of a string: a dossier.yaml, to be read as YAML 1.2 types it.
// A line of standard output: what is wrong, as a JSON list of [place, rule], empty when nothing is.
// usage: node judge_dossiers.js SCHEMA [typed]
const fs = require("fs");
const readline = require("readline");
const Ajv = require("ajv");
const yaml = require("js-yaml");

const [schema, typed] = process.argv.slice(2);
const ajv = new Ajv({ allErrors: true, strict: false });
const validate = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const read = JSON.parse(line);
  const good = validate(typed ? yaml.load(read, { schema: yaml.CORE_SCHEMA }) : read);
  console.log(JSON.stringify(good ? [] : validate.errors.map((error) => [error.instancePath, error.keyword])));
});
