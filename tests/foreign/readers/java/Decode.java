// What Apache's Avro for Java decodes of frames: FRAMING REGISTRY; decoded.py has the lines.

import java.io.*;
import java.net.URI;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.*;
import org.apache.avro.Schema;
import org.apache.avro.file.*;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

public class Decode {
    private static final Map<String, Schema> SCHEMAS = new HashMap<>();
    private static final Map<Integer, String> REGISTERED = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out));
        while (true) {
            int partition;
            try {
                partition = in.readInt();
            } catch (EOFException end) {
                break;
            }
            long offset = in.readLong();
            byte[] key = in.readNBytes(in.readInt());
            byte[] value = in.readNBytes(in.readInt());
            GenericRecord record = switch (arguments[0]) {
                case "container" -> contained(value);
                case "confluent" -> bare(
                        named(arguments[1], ByteBuffer.wrap(value).getInt(1)), value, 5);
                default -> bare(new String(key, "UTF-8"), value, 0);
            };
            out.println(partition + " " + offset + " " + digest(record) + " " + chosen(record));
        }
        out.flush();
    }

    private static Schema parsed(String text) {
        // As the reader of a container does: what a writer's defaults are is no matter.
        return SCHEMAS.computeIfAbsent(text, each -> new Schema.Parser().parse(each));
    }

    private static String named(String registry, int id) throws Exception {
        if (!REGISTERED.containsKey(id)) {
            HttpRequest asked = HttpRequest.newBuilder(
                    URI.create(registry + "/schemas/ids/" + id + "?format=resolved")).build();
            String answer = HttpClient.newHttpClient()
                    .send(asked, HttpResponse.BodyHandlers.ofString()).body();
            REGISTERED.put(id, new com.fasterxml.jackson.databind.ObjectMapper()
                    .readTree(answer).get("schema").asText());
        }
        return REGISTERED.get(id);
    }

    private static GenericRecord contained(byte[] value) throws Exception {
        try (DataFileReader<GenericRecord> reader = new DataFileReader<>(
                new SeekableByteArrayInput(value), new GenericDatumReader<>())) {
            return reader.next();
        }
    }

    private static GenericRecord bare(String text, byte[] value, int from) throws Exception {
        Decoder decoder = DecoderFactory.get().binaryDecoder(value, from, value.length - from, null);
        return new GenericDatumReader<GenericRecord>(parsed(text)).read(null, decoder);
    }

    private static String digest(GenericRecord record) throws Exception {
        Schema whole = record.getSchema();
        List<Schema.Field> fields = new ArrayList<>();
        for (Schema.Field field : whole.getFields()) {
            if (!field.name().equals("gueststar")) {
                fields.add(new Schema.Field(field.name(), field.schema(), field.doc(), null));
            }
        }
        Schema survey = Schema.createRecord(
                whole.getName(), whole.getDoc(), whole.getNamespace(), false, fields);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Encoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(survey).write(record, encoder);
        encoder.flush();
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
        return HexFormat.of().formatHex(digest);
    }

    private static String chosen(GenericRecord record) {
        List<String> names = new ArrayList<>();
        for (Object name : (List<?>) ((GenericRecord) record.get("gueststar")).get("filters")) {
            names.add(name.toString());
        }
        return String.join(",", names);
    }
}
