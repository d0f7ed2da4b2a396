// What franz-go reads of a topic, as frames: transport BOOTSTRAP TOPIC ISOLATION LASTS.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

func transport(bootstrap, topic, isolation, lasts string) {
	left := map[int32]int64{}
	starts := map[int32]kgo.Offset{}
	for _, each := range strings.Split(lasts, ",") {
		partition, offset, _ := strings.Cut(each, ":")
		number, last := must(strconv.Atoi(partition)), must(strconv.ParseInt(offset, 10, 64))
		left[int32(number)], starts[int32(number)] = last, kgo.NewOffset().AtStart()
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}),
	}
	if isolation == "read_committed" {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	client := must(kgo.NewClient(options...))
	defer client.Close()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for len(left) > 0 {
		fetched := client.PollFetches(context.Background())
		for _, failed := range fetched.Errors() {
			panic(failed.Err)
		}
		fetched.EachRecord(func(record *kgo.Record) {
			frame := binary.BigEndian.AppendUint32(nil, uint32(record.Partition))
			frame = binary.BigEndian.AppendUint64(frame, uint64(record.Offset))
			for _, part := range [][]byte{record.Key, record.Value} {
				frame = binary.BigEndian.AppendUint32(frame, uint32(len(part)))
				frame = append(frame, part...)
			}
			must(out.Write(frame))
			if last, waits := left[record.Partition]; waits && record.Offset >= last {
				delete(left, record.Partition)
			}
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
