// What avsc (JavaScript) decodes of frames: FRAMING REGISTRY; see decoded.py for the lines.
'use strict';
const { createHash } = require('crypto');
const { readFileSync } = require('fs');
const avro = require('avsc');
const [framing, registry] = process.argv.slice(2);

// Alert ids go beyond 2^53, so a long is a BigInt.
const long = avro.types.LongType.__with({
  fromBuffer: (buffer) => buffer.readBigInt64LE(),
  toBuffer: (value) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value) => typeof value === 'bigint',
  compare: (a, b) => (a === b ? 0 : a < b ? -1 : 1),
});
const parse = (schema) =>
  avro.Type.forSchema(schema, { typeHook: (each) => (each === 'long' ? long : undefined) });

const known = new Map();
function types(text) {
  if (!known.has(text)) {
    const schema = JSON.parse(text);
    const survey = { ...schema, fields: schema.fields.filter((each) => each.name !== 'gueststar') };
    known.set(text, { whole: parse(schema), survey: parse(survey) });
  }
  return known.get(text);
}

const registered = new Map();
async function named(id) {
  if (!registered.has(id)) {
    const answer = await fetch(`${registry}/schemas/ids/${id}`);
    registered.set(id, (await answer.json()).schema);
  }
  return types(registered.get(id));
}

function contained(value) {
  return new Promise((resolve, reject) => {
    let found;
    const decoder = new avro.streams.BlockDecoder({
      parseHook: (schema) => (found = types(JSON.stringify(schema))).whole,
    });
    decoder.on('data', (record) => resolve({ record, ...found }));
    decoder.on('error', reject);
    decoder.end(value);
  });
}

async function opened(key, value) {
  if (framing === 'container') return contained(value);
  const found = framing === 'confluent' ? await named(value.readInt32BE(1)) : types(String(key));
  const datum = framing === 'confluent' ? value.subarray(5) : value;
  return { record: found.whole.fromBuffer(datum), ...found };
}

async function main() {
  const frames = readFileSync(0);
  for (let at = 0; at < frames.length; ) {
    const keyEnd = at + 16 + frames.readInt32BE(at + 12);
    const valueEnd = keyEnd + 4 + frames.readInt32BE(keyEnd);
    const place = `${frames.readInt32BE(at)} ${frames.readBigInt64BE(at + 4)}`;
    const key = frames.subarray(at + 16, keyEnd);
    const { record, survey } = await opened(key, frames.subarray(keyEnd + 4, valueEnd));
    const digest = createHash('sha256').update(survey.toBuffer(record)).digest('hex');
    const chosen = record.gueststar.filters.join(',');
    process.stdout.write(`${place} ${digest} ${chosen}\n`);
    at = valueEnd;
  }
}

main();
