// What hamba/avro decodes of frames: decode FRAMING REGISTRY; decoded.py has the lines.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/hamba/avro/v2"
	"github.com/hamba/avro/v2/ocf"
)

// Arrays as others write them: one block, without its size.
var writing = avro.Config{DisableBlockSizeHeader: true, BlockLength: 1 << 20}.Freeze()

type pair struct{ whole, survey avro.Schema }

var known = map[string]pair{}

func schemas(text string) pair {
	if found, ok := known[text]; ok {
		return found
	}
	var record map[string]any
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		panic(err)
	}
	fields := record["fields"].([]any)
	record["fields"] = fields[:len(fields)-1]
	survey := string(must(json.Marshal(record)))
	// A cache of its own each: both name the same types.
	parsed := pair{
		must(avro.ParseWithCache(text, "", &avro.SchemaCache{})),
		must(avro.ParseWithCache(survey, "", &avro.SchemaCache{})),
	}
	known[text] = parsed
	return parsed
}

var registered = map[uint32]string{}

func named(registry string, id uint32) string {
	if _, ok := registered[id]; !ok {
		answer := must(http.Get(fmt.Sprintf("%s/schemas/ids/%d", registry, id)))
		defer answer.Body.Close()
		var found struct{ Schema string }
		if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
			panic(err)
		}
		registered[id] = found.Schema
	}
	return registered[id]
}

func contained(value []byte) (map[string]any, string) {
	decoder := must(ocf.NewDecoder(bytes.NewReader(value),
		ocf.WithDecoderSchemaCache(&avro.SchemaCache{})))
	record := map[string]any{}
	if !decoder.HasNext() {
		panic(fmt.Sprint("no record: ", decoder.Error()))
	}
	if err := decoder.Decode(&record); err != nil {
		panic(err)
	}
	return record, string(decoder.Metadata()["avro.schema"])
}

func bare(text string, value []byte) (map[string]any, string) {
	record := map[string]any{}
	if err := avro.Unmarshal(schemas(text).whole, value, &record); err != nil {
		panic(err)
	}
	return record, text
}

func part(in io.Reader) []byte {
	var length uint32
	if err := binary.Read(in, binary.BigEndian, &length); err != nil {
		panic(err)
	}
	value := make([]byte, length)
	must(io.ReadFull(in, value))
	return value
}

func decode(framing, registry string) {
	in := bufio.NewReader(os.Stdin)
	var place struct {
		Partition int32
		Offset    int64
	}
	for binary.Read(in, binary.BigEndian, &place) == nil {
		key, value := part(in), part(in)
		var record map[string]any
		var text string
		switch framing {
		case "container":
			record, text = contained(value)
		case "confluent":
			record, text = bare(named(registry, binary.BigEndian.Uint32(value[1:5])), value[5:])
		default:
			record, text = bare(string(key), value)
		}
		digest := sha256.Sum256(must(writing.Marshal(schemas(text).survey, record)))
		fmt.Printf("%d %d %x %s\n", place.Partition, place.Offset, digest, chosen(record))
	}
}

func chosen(record map[string]any) string {
	// A union's value is its branch's name and the value.
	ours := record["gueststar"].(map[string]any)
	for _, inner := range ours {
		ours = inner.(map[string]any)
	}
	names := []string{}
	for _, name := range ours["filters"].([]any) {
		names = append(names, name.(string))
	}
	return strings.Join(names, ",")
}

func main() {
	arguments := os.Args[2:]
	if os.Args[1] == "transport" {
		transport(arguments[0], arguments[1], arguments[2], arguments[3])
	} else {
		decode(arguments[0], arguments[1])
	}
}
