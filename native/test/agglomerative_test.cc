// Parts of agglomerative clustering: what is held of merges to come, and distances of two rows alone.
#include <doctest/doctest.h>

#include <vector>

#include "base/rng.h"
#include "train/merge_heap.h"
#include "train/row_distances.h"

namespace boreal {
namespace test {

TEST_CASE("a heap of merges clears dead edges away, and a list of neighbours too") {
  constexpr int32_t kRounds = 50000;
  MergeHeap<NearerThenOlder> heap({});
  std::vector<MergeEdge> list;
  Rng rng(3);
  for (int32_t round = 0; round < kRounds; ++round) {
    // Of ten rounds one leaves an edge alive for its next hundred.
    const auto dead = [&](const MergeEdge& edge) { return edge.a % 10 != 0 || edge.a < round - 1000; };
    const MergeEdge edge{round, 0, rng.uniform()};
    heap.push(edge, dead);
    append_alive(&list, edge, dead);
    REQUIRE(heap.size() <= NearerThenOlder::kKept);
    REQUIRE(list.capacity() <= 512);
  }
  std::vector<int32_t> alive;
  for (double before = 0; heap.size() > 0;) {
    const MergeEdge edge = heap.pop();
    CHECK(edge.distance >= before);
    before = edge.distance;
    if (edge.a % 10 == 0 && edge.a >= kRounds - 1000) alive.push_back(edge.a);
  }
  CHECK(alive.size() == 100);
}

TEST_CASE("a heap whose order ties decide keeps dead edges") {
  MergeHeap<Nearer> heap({});
  for (int32_t i = 0; i < 5000; ++i) heap.push({i, 0, 1.0}, [](const MergeEdge&) { return true; });
  CHECK(heap.size() == 5000);
}

TEST_CASE("the distance of two rows alone has the bits of that among all rows") {
  constexpr size_t kRows = 21, kCols = 7;
  std::vector<double> x(kRows * kCols), row(kRows);
  Rng rng(4);
  for (double& value : x) value = rng.uniform() - 0.5;
  for (size_t c = 0; c < kCols; ++c) x[3 * kCols + c] *= 1e-200;
  for (const Metric metric : {Metric::kEuclidean, Metric::kSquaredEuclidean, Metric::kManhattan,
                              Metric::kCosine, Metric::kChebyshev}) {
    CAPTURE(static_cast<int>(metric));
    const RowDistances distances(dense_view<const double>(x.data(), kRows, kCols), &metric);
    for (size_t i = 0; i < kRows; ++i) {
      distances.of(i, row.data());
      for (size_t j = 0; j < kRows; ++j) {
        CHECK(distances.between(i, j) == row[j]);
        CHECK(distances.between(j, i) == row[j]);
      }
    }
  }
}

}  // namespace test
}  // namespace boreal
