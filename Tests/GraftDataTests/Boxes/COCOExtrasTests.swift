import Foundation
import GraftBase
import GraftImaging
import GraftTestSupport
import Testing

@testable import GraftData

@Suite struct COCOExtrasTests {
  @Test func whatElseACOCOFileHasIsKept() throws {
    let folder = try TemporaryFolder()
    let text = """
      {"info": {"year": 2017, "version": "1.0"}, "licenses": [{"id": 3, "name": "CC BY"}],
       "images": [{"id": 7, "file_name": "a.jpg", "license": 3, "flickr_url": "http://x/y"}],
       "annotations": [{"id": 1, "image_id": 7, "category_id": 4, "bbox": [10, 20, 30, 40],
         "attributes": {"occluded": true, "depth": 0.5}, "segmentation": [[1, 2, 3]], "area": 7}],
       "categories": [{"id": 4, "name": "cat", "color": [1, 2, null], "skeleton": []}]}
      """
    try folder.write(text, to: "instances.json")
    let images = BoxFormatTests.places(["a.jpg"], in: folder)
    let set = try #require(try BoxSet.read(images, in: BoxFormatTests.root(folder)))
    let copy = BoxedCopy(
      image: 0, copy: 1, path: "a-1.png", size: BoxFormatTests.size,
      boxes: [MovedBox(place: 0, box: set.boxes(of: 0)[0])])
    let files = try set.format.sharedFiles([copy])
    #expect(
      String(decoding: files[0].bytes, as: UTF8.self)
        == #"{"annotations":[{"area":1200,"attributes":{"depth":0.5,"occluded":true},"#
        + #""bbox":[10,20,30,40],"category_id":4,"id":1,"image_id":7,"iscrowd":0}],"#
        + #""categories":[{"color":[1,2,null],"id":4,"name":"cat","skeleton":[]}],"#
        + #""images":[{"file_name":"a-1.png","flickr_url":"http://x/y","height":100,"id":7,"#
        + #""license":3,"width":200}],"info":{"version":"1.0","year":2017},"#
        + #""licenses":[{"id":3,"name":"CC BY"}]}"# + "\n")
  }
}
